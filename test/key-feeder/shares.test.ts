import { expect, test } from "vitest";
import { shareObject } from "../../key-feeder/contract.ts";
import { combineShares, splitSecret } from "../../key-feeder/shares.ts";

/** Made by github.com/hashicorp/vault/shamir v1.21.4: Split(identity, n, k) in Go. */
const identity = "AGE-SECRET-KEY-1YVR53Z8AG5A206TNAGEMTEN7G7Z7LYRD7S0KVX5D3Y2248KKRANQMD53LD";
const vaultShares = {
  "2 of 2": [
    "tMKOOR71GX0xX35aGo6meN0s9mpKeR29uZB3NXqSMv/IFxfZihfy/8PyfxQ4P84JEGvJIebgUuLMe4MpiyXS+yWfvrL6zYHQi4lC",
    "1+I7PrZvi+vXM18az22tdR/ha7+6GwVttu/wrUoPqYccC9S52tScdwFsZ3bepP+h18deTnwrK6Ah+/vn2JGkYf7Pmgn4Gb5rykYj",
  ],
  "2 of 3": [
    "G4JcLCWMtQa4QN0nn/8PVhr3ocGZq3LR6QwxdsSKoq8GqLn/bsJjr9Q6feb2QhM1xNApAn7worBGqhacchboq1FVoXE3gMZZ87ug",
    "qMbTwK50GMobny4MCgNIcya5fa/ZtIO1NAfk+KrWD/KnivbcSla36p9qS330DuwMGNmm3NtzdN7idg9BP+1lGn6Kg/UAKBosgNsC",
  ],
  "3 of 5": [
    "Ve/J6lHCnjIAIexc81z0wb+HXiI3BAZRTfyipbSwYsgxOusts186caH4nlFXR9dUta0mfbievQx9lPlPO0pnwdyysRws+GHiha0L",
    "4n85cNMkICIlNjnR+lYcdDaWwmWrmT+8wjHTH8qCbjSTKacv8hmsqMHd7JTHTfNb2QrYniQsrwFk7+Tl+/PFJfhhDi8xY+10S44u",
    "PDkA9hGz+u84XT2eGSUXWwiPkYjYvzAAtWjtbqoaBZYu+tn4JuZjNZveJGx7UuXCuwdARdIpo68cDiZHAlETysJ5epBtNJMZeMEQ",
  ],
};

test.each(Object.entries(vaultShares))("shares that Vault made, %s, combine", async (_, shares) => {
  expect(await combineShares(shares)).toBe(identity);
});

/** Multiplication in GF(2^8) modulo x^8+x^4+x^3+x+1, by shifts alone: no table to be wrong in the same way. */
function times(a: number, b: number): number {
  let product = 0;
  for (let bit = 0; bit < 8; bit++) {
    if ((b >> bit) & 1) product ^= a;
    a = (a << 1) ^ (a & 0x80 ? 0x11b : 0);
  }
  return product;
}

function inverse(a: number): number {
  for (let b = 1; b < 256; b++) if (times(a, b) === 1) return b;
  throw new Error("zero has no inverse");
}

/** Two points of a line, read as Vault reads them: the last byte of a share is its x. */
function lineAtZero(first: Buffer, second: Buffer): string {
  const [x1, x2] = [first.at(-1) ?? 0, second.at(-1) ?? 0];
  const scale = inverse(x1 ^ x2);
  const bytes = [...first.subarray(0, -1)].map((y1, index) => times(times(y1, x2) ^ times(second[index] ?? 0, x1), scale));
  return Buffer.from(bytes).toString("utf8");
}

test("our shares are Vault's format: an independent reading of them gives the secret", async () => {
  for (let round = 0; round < 20; round++) {
    const [first = "", second = ""] = await splitSecret(identity);
    const [a, b] = [Buffer.from(first, "base64"), Buffer.from(second, "base64")];
    expect(a.length).toBe(identity.length + 1);
    expect(a.at(-1)).not.toBe(b.at(-1));
    expect(lineAtZero(a, b)).toBe(identity);
  }
});

test("one share alone says nothing: each time it is another", async () => {
  const [first] = await splitSecret(identity);
  const [second] = await splitSecret(identity);
  expect(first).not.toBe(second);
});

test("objects lie below PCR2 of a mocked enclave, where the service looks", () => {
  expect(shareObject("test-operator")).toBe(`${"abc2".repeat(24)}/operator-share_test-operator.json`);
});
