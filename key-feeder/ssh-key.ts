import { createPrivateKey, type KeyObject } from "node:crypto";

const type = "ssh-ed25519";

/** An ed25519 public key as SSH has it on the wire (RFC 8709, section 4). @param raw its 32 bytes */
export function sshBlob(raw: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from(type), raw].flatMap((part) => [length(part), part]));
}

/** One line: `ssh-ed25519 AAAA… name`. @param raw the 32 bytes of a public key */
export function sshPublicKey(raw: Uint8Array, name: string): string {
  return `${type} ${sshBlob(raw).toString("base64")} ${name}`;
}

/** RFC 4251, section 5: a string comes after its length as four bytes. */
function length(part: Uint8Array): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(part.length);
  return bytes;
}

/**
 * Reads an ed25519 private key, as PKCS#8 PEM or as ssh-keygen writes it.
 * @returns the key, or what is wrong with the text; never a part of it
 */
export function parsePrivateKey(text: string): { key: KeyObject } | { problem: string } {
  const wrapped = /-----BEGIN OPENSSH PRIVATE KEY-----([A-Za-z0-9+/=\s]+)-----END OPENSSH PRIVATE KEY-----/.exec(text)?.[1];
  if (wrapped !== undefined) return parseOpenSsh(Buffer.from(wrapped, "base64"));
  try {
    const key = createPrivateKey(text);
    return key.asymmetricKeyType === "ed25519" ? { key } : { problem: `it is a key of type ${key.asymmetricKeyType}` };
  } catch {
    return { problem: /ENCRYPTED/.test(text) ? "it is protected by a passphrase" : "it holds no private key" };
  }
}

/** PKCS#8 of an ed25519 key is its seed after these bytes (RFC 8410, section 7). */
const pkcs8 = Buffer.from("302e020100300506032b657004220420", "hex");

/** https://github.com/openssh/openssh-portable/blob/master/PROTOCOL.key */
function parseOpenSsh(bytes: Buffer): { key: KeyObject } | { problem: string } {
  const magic = "openssh-key-v1\0";
  const damaged = { problem: "it is no whole OpenSSH key" };
  if (bytes.subarray(0, magic.length).toString("latin1") !== magic) return damaged;
  try {
    const outer = new Strings(bytes, magic.length);
    const [cipher] = [outer.next().toString(), outer.next(), outer.next()];
    if (cipher !== "none") return { problem: "it is protected by a passphrase" };
    if (outer.number() !== 1) return { problem: "it holds more than one key" };
    outer.next();
    const inner = new Strings(outer.next(), 0);
    const check = inner.number();
    if (inner.number() !== check) return damaged;
    const found = inner.next().toString();
    if (found !== type) return { problem: `it is a key of type ${found}` };
    inner.next();
    // The seed, and the public key once more.
    const seed = inner.next().subarray(0, 32);
    return seed.length < 32 ? damaged : { key: createPrivateKey({ key: Buffer.concat([pkcs8, seed]), format: "der", type: "pkcs8" }) };
  } catch (error) {
    if (error instanceof RangeError) return damaged;
    throw error;
  }
}

/** Reads numbers and strings of RFC 4251 one after the other. @throws RangeError at the end of the bytes */
class Strings {
  private readonly bytes: Buffer;
  private at: number;

  constructor(bytes: Buffer, at: number) {
    this.bytes = bytes;
    this.at = at;
  }

  number(): number {
    this.at += 4;
    return this.bytes.readUInt32BE(this.at - 4);
  }

  next(): Buffer {
    const size = this.number();
    if (this.at + size > this.bytes.length) throw new RangeError("a string ends after its bytes");
    this.at += size;
    return this.bytes.subarray(this.at - size, this.at);
  }
}
