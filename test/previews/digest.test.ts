import { expect, test } from "vitest";
import { changesOf, parseDigest } from "../../previews/digest.ts";

const type = "docker:index/container:Container";
const urn = (name: string) => `urn:pulumi:alice::nitro::${type}::${name}`;
const state = (name: string, inputs: Record<string, unknown> = {}) => ({ urn: urn(name), type, custom: true, inputs });

test("steps of pulumi become changes; a replacement is one, whatever steps it takes", () => {
  const [from, to] = [state("c", { command: ["a"], memory: 1 }), state("c", { command: ["b"], memory: 2 })];
  const reasons = { diffReasons: ["command[0]", "memory"], replaceReasons: ["command"] };
  const { changes, unchanged } = changesOf({
    steps: [
      { op: "same", urn: urn("s"), oldState: state("s"), newState: state("s") },
      { op: "same", urn: "urn:component", newState: { urn: "x", type: "nitro:x:Y", custom: false } },
      { op: "create", urn: "urn:provider", newState: { urn: "y", type: "pulumi:providers:docker", custom: true } },
      { op: "delete-replaced", urn: urn("c"), oldState: from, ...reasons },
      { op: "replace", urn: urn("c"), oldState: from, newState: to, ...reasons },
      { op: "create-replacement", urn: urn("c"), oldState: from, newState: to, ...reasons },
      { op: "create", urn: urn("n"), newState: state("n", { memory: 1 }) },
      { op: "delete", urn: urn("d"), oldState: state("d") },
    ],
  });
  expect(unchanged).toBe(1);
  expect(changes).toEqual([
    {
      operation: "replace",
      type,
      name: "c",
      differences: [
        { property: "command", from: "a", to: "b", replaces: true },
        { property: "memory", from: "1", to: "2", replaces: false },
      ],
    },
    { operation: "create", type, name: "n", differences: [] },
    { operation: "delete", type, name: "d", differences: [] },
  ]);
});

test("what is masked on both sides is told to change, where the plugin says so", () => {
  const step = { op: "replace", urn: urn("c"), oldState: state("c", { envs: "[secret]" }), newState: state("c", { envs: "[secret]" }) };
  const { changes } = changesOf({ steps: [{ ...step, diffReasons: ["envs"], replaceReasons: ["envs"] }] });
  expect(changes[0]?.differences).toEqual([{ property: "envs", from: undefined, to: "changes, and holds a secret", replaces: true }]);
});

test("output that is no digest is none", () => {
  expect(parseDigest("")).toBeUndefined();
  expect(parseDigest("error: {x")).toBeUndefined();
  expect(parseDigest('warning\n{"steps": []}')).toEqual({ steps: [] });
});
