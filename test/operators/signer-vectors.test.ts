import { createPrivateKey } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { createSigner } from "../../key-feeder/payouts/signer.ts";
import { signatureParameters } from "../../operators/attestation.ts";

interface Vector {
  readonly name: string;
  readonly seed: string;
  readonly path: string;
  readonly host: string;
  readonly date: string;
  readonly body: string;
  readonly digest: string;
  readonly signature: string;
}

/** Made by vectors/vectors_test.go with a library of others. */
const vectors: readonly Vector[] = JSON.parse(readFileSync(join(import.meta.dirname, "vectors/signatures.json"), "utf8"));

/** PKCS#8 of an ed25519 key: sixteen fixed bytes before the seed (RFC 8410). */
function keyOf(seed: string) {
  return createPrivateKey({ key: Buffer.from(`302e020100300506032b657004220420${seed}`, "hex"), format: "der", type: "pkcs8" });
}

test("there are vectors", () => {
  expect(vectors.length).toBeGreaterThanOrEqual(5);
});

test.each(vectors)("$name: signed as the other implementation signs it", ({ seed, path, host, date, body, digest, signature }) => {
  const made = createSigner(keyOf(seed)).sign(path, host, body, new Date(date));
  expect(made.headers.digest).toBe(digest);
  const theirs = signatureParameters(signature);
  // The library writes hs2019, as later drafts want it, for every algorithm; this draft names the algorithm itself.
  expect(theirs.algorithm).toBe("hs2019");
  expect(signatureParameters(made.headers.signature ?? "")).toEqual({ ...theirs, algorithm: "ed25519" });
});
