import { describe, expect, test } from "vitest";
import { unknown } from "../../policies/values.ts";
import { differences } from "../../previews/differences.ts";

const told = (from: Record<string, unknown>, to: Record<string, unknown>) =>
  differences(from, to).map(({ property, from: before, to: after }) => `${property}: ${before ?? "-"} → ${after ?? "-"}`);

describe("differences between inputs", () => {
  test.each([
    ["a value", { user: "1:1" }, { user: "0:0" }, ["user: 1:1 → 0:0"]],
    ["one that comes or goes", { a: 1 }, { b: true }, ["a: 1 → -", "b: - → true"]],
    ["variables", { envs: ["A=1", "B=2", "[secret]"] }, { envs: ["[secret]", "A=1", "B=3"] }, ["envs: B=2 → B=3"]],
    ["the order of a list alone", { dns: ["a", "b"] }, { dns: ["b", "a"] }, ["dns: - → in another order"]],
    ["one of two equal items", { command: ["x", "x"] }, { command: ["x"] }, ["command: x → -"]],
    [
      "labels, by their names",
      {
        labels: [
          { label: "a", value: "1" },
          { label: "b", value: "2" },
        ],
      },
      {
        labels: [
          { label: "b", value: "3" },
          { label: "a", value: "1" },
        ],
      },
      ["labels b: 2 → 3"],
    ],
    [
      "ports, by the inner one",
      { ports: [{ internal: 80, ip: "127.0.0.1" }] },
      { ports: [{ internal: 80, ip: "0.0.0.0" }] },
      ["ports 80 ip: 127.0.0.1 → 0.0.0.0"],
    ],
    ["a mount that comes", { volumes: [] }, { volumes: [{ containerPath: "/x", hostPath: "/y" }] }, ['volumes /x: - → {"hostPath":"/y"}']],
    [
      "objects",
      { capabilities: { drops: ["ALL"] } },
      { capabilities: { drops: ["ALL"], adds: ["NET_RAW"] } },
      ["capabilities adds: - → NET_RAW"],
    ],
    ["hashes, short", { sha: "a".repeat(64) }, { sha: "b".repeat(64) }, ["sha: aaaaaaaaaaaa → bbbbbbbbbbbb"]],
    ["what is known later", { image: "x" }, { image: unknown }, ["image: x → (known later)"]],
    ["a secret", { envs: ["A=1"] }, { envs: ["[secret]"] }, ["envs: A=1 → (secret)"]],
    [
      "a secret that nobody marked",
      { envs: ["DB_PASSWORD=hunter2"] },
      { envs: ["DB_PASSWORD=hunter3"] },
      ["envs: DB_PASSWORD=(secret) → DB_PASSWORD=(secret)"],
    ],
    ["an address with a password", { url: "x" }, { url: "redis://a:hunter2@b/" }, ["url: x → (secret)b/"]],
    ["what Pulumi notes about defaults", { a: { b: 1, __defaults: ["b"] } }, { a: { b: 1, __defaults: [] } }, []],
  ])("%s", (_, from, to, lines) => expect(told(from, to)).toEqual(lines));
});
