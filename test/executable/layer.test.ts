import { expect, test } from "vitest";
import { executableImageName } from "../../executable/layer.ts";

const image = { stack: "alice", owner: "0123456789abcdef", sha256: "ab".repeat(32) };
const base = "localhost/nitro/base:0123456789abcdef";

test("the name is the stack and a hash of all that goes in", () => {
  const name = executableImageName(image, base);
  expect(name).toMatch(/^localhost\/nitro\/payments-alice:[0-9a-f]{16}$/);
  expect(executableImageName(image, base)).toBe(name);
});

test.each([
  ["another executable", { ...image, sha256: "cd".repeat(32) }, base],
  ["another owner", { ...image, owner: "f".repeat(16) }, base],
  ["another stack", { ...image, stack: "bob" }, base],
  ["another image below", image, "sha256:1234"],
])("%s gives another name", (_, other, below) => {
  expect(executableImageName(other, below)).not.toBe(executableImageName(image, base));
});
