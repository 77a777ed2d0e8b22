import { expect, test } from "vitest";
import { encryptSecrets, holdsSecrets, madeUpSecrets, opens, parseSecrets } from "../../key-feeder/secrets.ts";

/** Made by filippo.io/age v1.2.1 in Go. */
const identity = "AGE-SECRET-KEY-1YVR53Z8AG5A206TNAGEMTEN7G7Z7LYRD7S0KVX5D3Y2248KKRANQMD53LD";
const other = "AGE-SECRET-KEY-1GFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPQ4EGAEX";
const goFile = Buffer.from(
  "YWdlLWVuY3J5cHRpb24ub3JnL3YxCi0+IFgyNTUxOSBuSkZjeUdYMHV5SkFYN1JUVklmY0tiUEhiMnYvZ3dZWEhpVU4zbUFJVVZZCjZ4a295MHpuaGcwSTJPMllHZ0hZUDVoODM1OURLVmJ6enk3QWkzZkp0K00KLS0tIGFIa3ZRTElRL3c4V0g1ZFgwTGFpVVZDT2pHUGY2a3V3bVQyM2FvRExpMDQKie1sXvo2BYghsbwSVNWrQAyjpPRXDKsm1I8iYOjnJGnY9XWP698CH3++os+DUmjH+Q5u5NYWlAkB5w==",
  "base64",
);

test("a file that Go's age made opens", async () => {
  expect(await holdsSecrets(identity, goFile, '{"zebpayApiKey":"fixture"}')).toBe(true);
});

test("other secrets are noticed", async () => {
  expect(await holdsSecrets(identity, goFile, '{"zebpayApiKey":"changed"}')).toBe(false);
  expect(await opens(identity, goFile)).toBe(true);
});

test("what is encrypted to the vault opens with its identity and with no other", async () => {
  const file = await encryptSecrets(identity, '{"a":"b"}');
  expect(Buffer.from(file).toString("latin1")).toMatch(/^age-encryption\.org\/v1\n-> X25519 /);
  expect(Buffer.from(file).includes('"a"')).toBe(false);
  expect(await holdsSecrets(identity, file, '{"a":"b"}')).toBe(true);
  expect(await holdsSecrets(other, file, '{"a":"b"}')).toBe(false);
  expect([await opens(identity, file), await opens(other, file)]).toEqual([true, false]);
});

test("a damaged file holds nothing", async () => {
  expect(await holdsSecrets(identity, goFile.subarray(0, -1), '{"zebpayApiKey":"fixture"}')).toBe(false);
  expect(await holdsSecrets(identity, new Uint8Array(), "{}")).toBe(false);
});

test("the order of keys makes no difference", () => {
  expect(parseSecrets('{"b":"2","a":"1"}')).toEqual(parseSecrets(' { "a": "1", "b": "2" } '));
});

test("none given: made-up ones", () => {
  const parsed = parseSecrets("");
  expect("secrets" in parsed && JSON.parse(parsed.secrets)).toEqual(madeUpSecrets);
  expect(parseSecrets(undefined)).toEqual(parsed);
});

test.each([
  ["{hunter2", "is not JSON"],
  ['["hunter2"]', "is not a JSON object"],
  ["null", "is not a JSON object"],
  ['{"a":"hunter2","b":{"c":"hunter2"},"d":1}', "holds values that are not strings, under b, d"],
  ["{}", "holds no secret, and a service without secrets counts as sealed"],
])("%s is refused without being quoted", (text, problem) => {
  expect(parseSecrets(text)).toEqual({ problem });
  expect(problem).not.toContain("hunter2");
});
