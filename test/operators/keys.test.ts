import { generateKeyPairSync } from "node:crypto";
import { expect, test } from "vitest";
import { rawPublicKey } from "../../key-feeder/payouts/signer.ts";
import { numbered, operatorOfKey, strangerOfKey } from "../../operators/keys.ts";
import { mustCount } from "../../operators/payouts/authorize.ts";

const pem = (type: "ed25519" | "x25519") =>
  generateKeyPairSync(type as "ed25519")
    .privateKey.export({ type: "pkcs8", format: "pem" })
    .toString();
const keys = [pem("ed25519"), pem("ed25519")];
const operators = numbered(
  keys.map((privateKey, index) => ({ name: `op${index}`, privateKey, publicKey: "ssh-ed25519 AAAA op", share: "s" })),
);

test("operators are counted from 1, each with the key id of its key", () => {
  expect(operators.map(({ number, name }) => [number, name])).toEqual([
    [1, "op0"],
    [2, "op1"],
  ]);
  for (const { keyId, signer } of operators) expect(signer.keyId).toBe(keyId);
  expect(new Set(operators.map(({ keyId }) => keyId)).size).toBe(2);
});

test("a key tells its operator", () => {
  expect(operatorOfKey(operators, keys[1] ?? "", "key.pem").number).toBe(2);
});

test("a stranger's key is refused where it would be tried for ever, with all key ids", () => {
  const { privateKey } = generateKeyPairSync("ed25519");
  const stranger = privateKey.export({ type: "pkcs8", format: "pem" }).toString();
  expect(() => operatorOfKey(operators, stranger, "key.pem")).toThrow(
    `its key id is ${rawPublicKey(privateKey).toString("hex")}, operator 1 has ${operators[0]?.keyId}`,
  );
});

test.each([
  ["nothing", "", "holds no private key"],
  ["a key of another kind", pem("x25519"), "holds a private key of type x25519"],
])("%s is no key", (_, text, message) => {
  expect(() => strangerOfKey(text, "key.pem")).toThrow(message);
});

test("signatures count for 30 days, and from ten minutes before", () => {
  const now = new Date("2026-11-29T12:00:00Z");
  const counts = (date: string) => {
    try {
      mustCount(new Date(date), now);
      return true;
    } catch (error) {
      expect(String(error)).toContain("allowed are dates from 2026-10-30T12:00:00.000Z to 2026-11-29T12:10:00.000Z");
      return false;
    }
  };
  const judged = ["2026-10-30T12:00:00Z", "2026-10-30T11:59:59Z", "2026-11-29T12:10:00Z", "2026-11-29T12:10:01Z", "no date"].map(counts);
  expect(judged).toEqual([true, false, true, false, false]);
});
