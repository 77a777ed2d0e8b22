import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { readSecretsFile } from "../../stacks/secrets-file.ts";

let root = "";
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "nitro-secrets-"));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

test("a flat object of strings is read", () => {
  writeFileSync(join(root, "s.json"), '{ "zebpayApiKey": "k" }\n');
  expect(readSecretsFile(root, "s.json")).toBe('{"zebpayApiKey":"k"}');
});

test.each([
  ['{"a": "topsecret", }', "it is not JSON"],
  ['["topsecret"]', "it does not hold an object"],
  ['{"a": {"b": "topsecret"}, "c": 1, "d": "topsecret"}', "the values of a, c are not strings"],
])("%s is refused without showing a value", (text, message) => {
  writeFileSync(join(root, "s.json"), text);
  expect(() => readSecretsFile(root, "s.json")).toThrow(message);
  expect(() => readSecretsFile(root, "s.json")).toThrow(expect.not.objectContaining({ message: expect.stringContaining("topsecret") }));
});

test("a missing file is named", () => {
  expect(() => readSecretsFile(root, "none.json")).toThrow(/setting nitro:secrets.file is none.json: it cannot be read \(ENOENT/);
});
