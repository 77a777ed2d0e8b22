import { createHash, createPrivateKey, createPublicKey, type KeyObject, sign } from "node:crypto";

/** A request as it travels on a stream: the pseudo header `(request-target)` holds method and path. */
export interface SignedRequest {
  readonly headers: Readonly<Record<string, string>>;
  /** The body, as text. */
  readonly octets: string;
}

/** Signs requests as one operator. */
export interface Signer {
  /** The raw ed25519 public key in hex. */
  readonly keyId: string;
  /**
   * @param path such as `/v1/payments/submit`; the method is POST
   * @param host the `host` that is signed, such as `service.example.com`
   * @param date when it is signed; the service accepts it for 30 days
   */
  sign(path: string, host: string, body: string, date: Date): SignedRequest;
}

const signedHeaders = ["(request-target)", "host", "date", "digest", "content-length", "content-type"] as const;

/**
 * Signs by draft-cavage-http-signatures-08 (https://datatracker.ietf.org/doc/html/draft-cavage-http-signatures-08, section 2.3).
 * @param privateKey an ed25519 private key, PKCS#8 PEM or a key object
 */
export function createSigner(privateKey: string | KeyObject): Signer {
  const key = typeof privateKey === "string" ? createPrivateKey(privateKey) : privateKey;
  const keyId = rawPublicKey(key).toString("hex");
  return {
    keyId,
    sign(path, host, body, date) {
      const bytes = Buffer.from(body, "utf8");
      const headers: Record<(typeof signedHeaders)[number], string> = {
        "(request-target)": `post ${path}`,
        host,
        date: date.toUTCString(),
        digest: `SHA-256=${createHash("sha256").update(bytes).digest("base64")}`,
        "content-length": String(bytes.length),
        "content-type": "application/json",
      };
      const text = signedHeaders.map((name) => `${name}: ${headers[name]}`).join("\n");
      const signature = sign(null, Buffer.from(text, "utf8"), key).toString("base64");
      const parameters = `keyId="${keyId}",algorithm="ed25519",headers="${signedHeaders.join(" ")}",signature="${signature}"`;
      return { headers: { ...headers, signature: parameters }, octets: body };
    },
  };
}

/** The 32 bytes of an ed25519 public key. SPKI puts 12 bytes before them (RFC 8410, section 4). */
export function rawPublicKey(key: KeyObject): Buffer {
  const publicKey = key.type === "public" ? key : createPublicKey(key);
  return publicKey.export({ type: "spki", format: "der" }).subarray(12);
}
