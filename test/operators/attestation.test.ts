import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { pcr2 } from "../../key-feeder/contract.ts";
import { judgeAnswer } from "../../operators/attestation.ts";

const body = '{"documentId":"x","to":"Zoë"}';
const sha256 = (text: string) => createHash("sha256").update(text).digest();
const digest = `SHA-256=${sha256(body).toString("base64")}`;
const date = "Mon, 21 Sep 2026 10:00:00 GMT";
const text = `digest: ${digest}\ndate: ${date}`;

/** As a service answers. @param document its signature */
function headers(document: Buffer, more: Record<string, string> = {}): Record<string, string> {
  const signature = `keyId="primary",algorithm="awsnitro",headers="digest date",signature="${document.toString("base64")}"`;
  return { Digest: digest, Date: date, Signature: signature, ...more };
}

const sample = (hash: Buffer, code = pcr2) => Buffer.from(`mocked nitro attestation: pcr2=${code} sha256=${hash.toString("hex")}`);
/** A document of another program: hash and register as bytes, with anything around them. */
const binary = (hash: Buffer) => Buffer.concat([Buffer.from("84a1", "hex"), Buffer.from(pcr2, "hex"), Buffer.from("ff00", "hex"), hash]);

test.each([
  ["the sample's form", headers(sample(sha256(text)))],
  ["a document in bytes", headers(binary(sha256(text)))],
  [
    "headers in lower case, as Node gives them",
    Object.fromEntries(Object.entries(headers(sample(sha256(text)))).map(([name, value]) => [name.toLowerCase(), value])),
  ],
])("%s: attested", (_, given) => {
  expect(judgeAnswer(given, body)).toEqual({ verdict: "attested" });
});

test("a signature of a form that is not known here is neither right nor wrong", () => {
  expect(judgeAnswer(headers(Buffer.from("something else")), body)).toEqual({ verdict: "unknown" });
});

test.each([
  ["another body", headers(sample(sha256(text))), `${body} `, "Digest is"],
  ["no Digest", headers(sample(sha256(text)), { Digest: "" }), body, "Digest is"],
  ["no Signature", headers(sample(sha256(text)), { Signature: "" }), body, "no Signature header"],
  ["a signature of another text", headers(sample(sha256("other"))), body, "of other headers"],
  ["another date than the signed one", headers(sample(sha256(text)), { Date: "Tue, 22 Sep 2026 10:00:00 GMT" }), body, "of other headers"],
  ["other code", headers(sample(sha256(text), "abc3".repeat(24))), body, "is not by code with PCR2"],
  [
    "another algorithm",
    headers(sample(sha256(text)), { Signature: 'keyId="x",algorithm="ed25519",headers="digest",signature="AAAA"' }),
    body,
    "expected is awsnitro",
  ],
  [
    "a digest that is not signed",
    headers(sample(sha256(text)), { Signature: 'keyId="x",algorithm="awsnitro",headers="date",signature="AAAA"' }),
    body,
    "and not digest",
  ],
  [
    "a signed header that is not there",
    headers(sample(sha256(text)), { Signature: 'keyId="x",algorithm="awsnitro",headers="digest host",signature="AAAA"' }),
    body,
    "header host is missing",
  ],
])("%s: wrong", (_, given, answered, why) => {
  expect(judgeAnswer(given, answered)).toEqual({ verdict: "wrong", why: expect.stringContaining(why) });
});
