import { createHash, createPublicKey, generateKeyPairSync, verify } from "node:crypto";
import { expect, test } from "vitest";
import { createSigner, rawPublicKey, type SignedRequest } from "../../../key-feeder/payouts/signer.ts";

/**
 * Verifies as draft-cavage-http-signatures-08 says (sections 2.1, 2.3, 2.5), from the headers alone.
 * @returns the key id of a valid signature, else undefined
 */
function verified({ headers, octets }: SignedRequest): string | undefined {
  const parameters = new Map(
    [...(headers.signature ?? "").matchAll(/([a-zA-Z]+)="([^"]*)"/g)].map(([, name = "", value = ""]) => [name, value]),
  );
  const names = (parameters.get("headers") ?? "date").split(" ");
  const text = names.map((name) => `${name}: ${headers[name] ?? "missing"}`).join("\n");
  // SPKI of ed25519: twelve fixed bytes before the key (RFC 8410).
  const keyId = parameters.get("keyId") ?? "";
  const spki = Buffer.concat([Buffer.from("302a300506032b6570032100", "hex"), Buffer.from(keyId, "hex")]);
  const key = createPublicKey({ key: spki, format: "der", type: "spki" });
  const signed = verify(null, Buffer.from(text), key, Buffer.from(parameters.get("signature") ?? "", "base64"));
  const digest = `SHA-256=${createHash("sha256").update(octets).digest("base64")}`;
  return signed && headers.digest === digest && parameters.get("algorithm") === "ed25519" ? keyId : undefined;
}

const { privateKey } = generateKeyPairSync("ed25519");
const signer = createSigner(privateKey);
const date = new Date("2026-09-21T10:00:00Z");
const body = '{"documentId":"Öß","payoutId":"p"}';
const request = signer.sign("/v1/payments/submit", "service:18080", body, date);

test("a verifier written from the draft accepts it", () => {
  expect(verified(request)).toBe(rawPublicKey(privateKey).toString("hex"));
});

test.each(["(request-target)", "host", "date", "digest", "content-length", "content-type"])(
  "%s is covered: changed, it is refused",
  (name) => {
    expect(verified({ ...request, headers: { ...request.headers, [name]: `${request.headers[name]}1` } })).toBeUndefined();
  },
);

test("another body is refused", () => {
  expect(verified({ ...request, octets: body.replace("p", "q") })).toBeUndefined();
});

test("headers are what the service expects", () => {
  const { signature, digest: _, ...rest } = request.headers;
  expect(rest).toEqual({
    "(request-target)": "post /v1/payments/submit",
    host: "service:18080",
    date: "Mon, 21 Sep 2026 10:00:00 GMT",
    "content-length": String(Buffer.byteLength(body)),
    "content-type": "application/json",
  });
  expect(signature).toMatch(
    /^keyId="[0-9a-f]{64}",algorithm="ed25519",headers="\(request-target\) host date digest content-length content-type",signature="[A-Za-z0-9+/]{86}=="$/,
  );
});

test("a key from its PEM text signs the same", () => {
  const pem = privateKey.export({ type: "pkcs8", format: "pem" }).toString();
  expect(createSigner(pem).sign("/v1/payments/submit", "service:18080", body, date)).toEqual(request);
});
