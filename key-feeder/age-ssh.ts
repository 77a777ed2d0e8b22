import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  hkdfSync,
  type KeyObject,
  randomBytes,
} from "node:crypto";
import { Decrypter, Encrypter, type Identity, type Recipient, Stanza } from "age-encryption";
import { rawPublicKey } from "./payouts/signer.ts";
import { sshBlob } from "./ssh-key.ts";

// age files for whoever has an SSH key, which the npm package leaves to others. What filippo.io/age/agessh does:
// https://github.com/FiloSottile/age/blob/main/agessh/agessh.go

const kind = "ssh-ed25519";
const label = `age-encryption.org/v1/${kind}`;
/** Of a file key and of what ChaCha20-Poly1305 adds. */
const fileKeySize = 16;
const tagSize = 16;

/** Those who can read an age file: the owner of an ed25519 key. */
class SshRecipient implements Recipient {
  private readonly blob: Buffer;
  private readonly point: Buffer;

  /** @param key public or private */
  constructor(key: KeyObject) {
    const raw = rawPublicKey(key);
    this.blob = sshBlob(raw);
    this.point = montgomery(raw);
  }

  wrapFileKey(fileKey: Uint8Array): Stanza[] {
    const secret = randomBytes(32);
    const share = multiply(secret, basePoint);
    const cipher = createCipheriv("chacha20-poly1305", wrappingKey(this.blob, share, this.point, multiply(secret, this.point)), nonce, {
      authTagLength: tagSize,
    });
    const body = Buffer.concat([cipher.update(fileKey), cipher.final(), cipher.getAuthTag()]);
    return [new Stanza([kind, fingerprint(this.blob), unpadded(share)], new Uint8Array(body))];
  }
}

/** The owner of an ed25519 key, who can read an age file. */
class SshIdentity implements Identity {
  private readonly blob: Buffer;
  private readonly point: Buffer;
  private readonly secret: Buffer;

  /** @param key an ed25519 private key */
  constructor(key: KeyObject) {
    const raw = rawPublicKey(key);
    this.blob = sshBlob(raw);
    this.point = montgomery(raw);
    // RFC 8032, section 5.1.5: the scalar is the first half of the seed's hash.
    const seed = key.export({ type: "pkcs8", format: "der" }).subarray(-32);
    this.secret = createHash("sha512").update(seed).digest().subarray(0, 32);
  }

  unwrapFileKey(stanzas: Stanza[]): Uint8Array | null {
    for (const { args, body } of stanzas) {
      const [found, whose, encoded = ""] = args;
      if (found !== kind || whose !== fingerprint(this.blob) || body.length !== fileKeySize + tagSize) continue;
      const share = Buffer.from(encoded, "base64");
      if (share.length !== 32) continue;
      const key = wrappingKey(this.blob, share, this.point, multiply(this.secret, share));
      const decipher = createDecipheriv("chacha20-poly1305", key, nonce, { authTagLength: tagSize });
      decipher.setAuthTag(body.subarray(fileKeySize));
      return new Uint8Array(Buffer.concat([decipher.update(body.subarray(0, fileKeySize)), decipher.final()]));
    }
    return null;
  }
}

const nonce = Buffer.alloc(12);
const basePoint = Buffer.concat([Buffer.from([9]), Buffer.alloc(31)]);

/** @param shared what both ends compute of the file's share and the recipient's point */
function wrappingKey(blob: Buffer, share: Buffer, point: Buffer, shared: Buffer): Buffer {
  const tweak = Buffer.from(hkdfSync("sha256", Buffer.alloc(0), blob, label, 32));
  return Buffer.from(hkdfSync("sha256", multiply(tweak, shared), Buffer.concat([share, point]), label, 32));
}

const privateKey = Buffer.from("302e020100300506032b656e04220420", "hex");
const publicKey = Buffer.from("302a300506032b656e032100", "hex");

/** X25519 (RFC 7748, section 5). */
function multiply(scalar: Buffer, point: Buffer): Buffer {
  return diffieHellman({
    privateKey: createPrivateKey({ key: Buffer.concat([privateKey, scalar]), format: "der", type: "pkcs8" }),
    publicKey: createPublicKey({ key: Buffer.concat([publicKey, point]), format: "der", type: "spki" }),
  });
}

const prime = 2n ** 255n - 19n;

/** The same point on the curve that keys are agreed on: u = (1 + y) / (1 - y) (RFC 7748, section 4.1). */
function montgomery(raw: Buffer): Buffer {
  const y = BigInt(`0x${Buffer.from(raw).reverse().toString("hex")}`) & (2n ** 255n - 1n);
  const u = ((1n + y) * power((prime + 1n - y) % prime, prime - 2n)) % prime;
  return Buffer.from(u.toString(16).padStart(64, "0"), "hex").reverse();
}

/** Of a public value, so that the time it takes tells nobody anything. */
function power(base: bigint, exponent: bigint): bigint {
  let [result, square] = [1n, base];
  for (let rest = exponent; rest > 0n; rest >>= 1n) {
    if ((rest & 1n) === 1n) result = (result * square) % prime;
    square = (square * square) % prime;
  }
  return result;
}

function fingerprint(blob: Buffer): string {
  return unpadded(createHash("sha256").update(blob).digest().subarray(0, 4));
}

function unpadded(bytes: Buffer): string {
  return bytes.toString("base64").replace(/=+$/, "");
}

/** @returns an age file that the owner of the key can read; another one each time */
export async function encryptToOperator(key: KeyObject, text: string): Promise<Uint8Array> {
  const encrypter = new Encrypter();
  encrypter.addRecipient(new SshRecipient(key));
  return encrypter.encrypt(text);
}

/** @throws where the age file is for somebody else, or damaged */
export async function decryptAsOperator(key: KeyObject, file: Uint8Array): Promise<string> {
  const decrypter = new Decrypter();
  decrypter.addIdentity(new SshIdentity(key));
  return decrypter.decrypt(file, "text");
}
