import { expect, test } from "vitest";
import { parseState } from "../../automation/state.ts";
import { asksAnother, withEngine } from "../../automation/state-engine.ts";

const provider = (inputs: object) => ({ type: "pulumi:providers:docker", urn: "urn:docker", inputs, outputs: inputs });
const volume = { type: "docker:index/volume:Volume", urn: "urn:volume", inputs: { name: "v" } };
const state = (inputs: object) => ({ version: 3, deployment: { manifest: {}, resources: [provider(inputs), volume] } });
const read = (inputs: object) => parseState(JSON.stringify(state(inputs)));

test("a removal asks the engine of the last update: where settings name another one by now, that is noticed", () => {
  const inputs = { version: "5.2.0", host: "ssh://node1" };
  expect(asksAnother(read(inputs), { host: "ssh://node1" })).toBe(false);
  expect(asksAnother(read(inputs), { host: "ssh://node2" })).toBe(true);
  expect(asksAnother(read(inputs), {})).toBe(true);
  expect(asksAnother(read({ version: "5.2.0" }), {})).toBe(false);
  expect(asksAnother(parseState("{}"), { host: "ssh://node1" })).toBe(false);
});

test("the plugin is told the other one, and nothing else changes", () => {
  const moved = withEngine(state({ version: "5.2.0", host: "ssh://node1" }), { host: "tcp://node2:2376", certPath: "./certs" });
  expect(moved).toEqual(state({ version: "5.2.0", host: "tcp://node2:2376", certPath: "./certs" }));
  expect(withEngine(moved, {})).toEqual(state({ version: "5.2.0" }));
});
