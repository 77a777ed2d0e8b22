import { Decrypter, Encrypter, identityToRecipient } from "age-encryption";

/** The service's secrets: a flat object of strings, as compact JSON with sorted keys, so that equal secrets are equal texts. */
export type SecretsText = string;

/** Values that let the service start and open no door anywhere. */
export const madeUpSecrets: Readonly<Record<string, string>> = {
  zebpayApiKey: "made-up-zebpay-api-key",
  zebpayPrivateKey: "made-up-zebpay-private-key",
  solanaRpcEndpoint: "http://127.0.0.1:8899",
};

/**
 * @param text JSON of a flat object of strings; empty or undefined for made-up ones
 * @returns the secrets, or the problem with them. It never quotes the text.
 */
export function parseSecrets(text: string | undefined): { secrets: SecretsText } | { problem: string } {
  if (text === undefined || text === "") return { secrets: canonical(madeUpSecrets) };
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { problem: "is not JSON" };
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) return { problem: "is not a JSON object" };
  const wrong = Object.entries(value).flatMap(([key, secret]) => (typeof secret === "string" ? [] : [key]));
  if (wrong.length > 0) return { problem: `holds values that are not strings, under ${wrong.join(", ")}` };
  if (Object.keys(value).length === 0) return { problem: "holds no secret, and a service without secrets counts as sealed" };
  return { secrets: canonical(value) };
}

function canonical(secrets: object): SecretsText {
  return JSON.stringify(Object.fromEntries(Object.entries(secrets).sort(([a], [b]) => (a < b ? -1 : 1))));
}

/**
 * Encrypts the secrets to the vault.
 * @param identity AGE-SECRET-KEY-1…
 * @returns an age file (https://age-encryption.org/v1); another one each time
 */
export async function encryptSecrets(identity: string, secrets: SecretsText): Promise<Uint8Array> {
  const encrypter = new Encrypter();
  encrypter.addRecipient(await identityToRecipient(identity));
  return encrypter.encrypt(secrets);
}

/** @returns true where the age file opens with the identity and holds these secrets */
export async function holdsSecrets(identity: string, file: Uint8Array, secrets: SecretsText): Promise<boolean> {
  return (await decrypted(identity, file)) === secrets;
}

/** @returns true where the age file opens with the identity, whatever it holds */
export async function opens(identity: string, file: Uint8Array): Promise<boolean> {
  return (await decrypted(identity, file)) !== undefined;
}

async function decrypted(identity: string, file: Uint8Array): Promise<string | undefined> {
  const decrypter = new Decrypter();
  decrypter.addIdentity(identity);
  try {
    return await decrypter.decrypt(file, "text");
  } catch {
    return undefined;
  }
}
