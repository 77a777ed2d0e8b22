import { createHash } from "node:crypto";
import { pcr2 } from "../key-feeder/contract.ts";

/**
 * What an answer's Digest and Signature headers are worth.
 * - `attested`: the digest is the body's, and the signature is of these headers, by the expected code (PCR2);
 * - `unknown`: the digest is the body's; the signature is of a form that only the program's own tools can judge;
 * - `wrong`: the body is not the one that was signed, or nothing was.
 */
export type Attestation = { readonly verdict: "attested" | "unknown" } | { readonly verdict: "wrong"; readonly why: string };

/** How the sample's signatures begin; programs of others have their own form. */
const mocked = "mocked nitro attestation: ";

/**
 * Judges the answer of a service in a mocked enclave, which has no hardware to sign for it: its signatures name what was signed and the
 * code that did, and anybody could have made them. They show that an answer is whole, not who gave it.
 *
 * The signing string is that of draft-cavage-http-signatures-08, section 2.3.
 * @param headers by name, in any case
 * @param body as it came
 */
export function judgeAnswer(headers: Readonly<Record<string, string>>, body: string): Attestation {
  const named = new Map(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
  const digest = `SHA-256=${createHash("sha256").update(body, "utf8").digest("base64")}`;
  const found = named.get("digest") ?? "";
  if (found !== digest) return wrong(`Digest is "${found}", the body's is "${digest}"`);
  const parameters = signatureParameters(named.get("signature") ?? "");
  if (parameters.signature === undefined) return wrong("it has no Signature header with a signature");
  if (parameters.algorithm !== "awsnitro")
    return wrong(`its signature's algorithm is "${parameters.algorithm ?? ""}", expected is awsnitro`);
  const names = (parameters.headers ?? "").split(" ");
  if (!names.includes("digest")) return wrong(`its signature covers "${names.join(" ")}" and not digest`);
  const missing = names.find((name) => !named.has(name));
  if (missing !== undefined) return wrong(`the signed header ${missing} is missing`);
  const text = names.map((name) => `${name}: ${named.get(name)}`).join("\n");
  return judgeDocument(Buffer.from(parameters.signature, "base64"), createHash("sha256").update(text).digest());
}

/** An attestation document names the hash of what was signed, and the registers of the code: as bytes, or in hex. */
function judgeDocument(document: Buffer, hash: Buffer): Attestation {
  const has = (value: Buffer) => document.includes(value) || document.includes(value.toString("hex"));
  const own = document.toString("latin1").startsWith(mocked);
  const signed = has(hash);
  const byCode = has(Buffer.from(pcr2, "hex"));
  if (signed && byCode) return { verdict: "attested" };
  if (!own) return { verdict: "unknown" };
  return wrong(signed ? `its signature is not by code with PCR2 ${pcr2}` : "its signature is of other headers");
}

/** The parameters of a Signature header, by name. */
export function signatureParameters(header: string): Readonly<Record<string, string | undefined>> {
  return Object.fromEntries([...header.matchAll(/([a-zA-Z]+)="([^"]*)"/g)].map(([, name = "", value = ""]) => [name, value]));
}

function wrong(why: string): Attestation {
  return { verdict: "wrong", why };
}
