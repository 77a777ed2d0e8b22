import { createPrivateKey, generateKeyPairSync } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { generateX25519Identity, identityToRecipient } from "age-encryption";
import { type Operator, type OperatorsFile, operatorNames, operatorsFile } from "./contract.ts";
import { readIfPresent, removeLeftovers, replaceFile, writeFolderOnce } from "./files.ts";
import { rawPublicKey } from "./payouts/signer.ts";
import { combineShares, splitSecret } from "./shares.ts";
import { sshPublicKey } from "./ssh-key.ts";

/** All keys of a stack. They are made once and belong together. */
export interface Keys {
  /** The vault: AGE-SECRET-KEY-1… */
  readonly identity: string;
  readonly operators: readonly Operator[];
}

const folderName = "current";
const identityFile = "identity.txt";

/**
 * Reads the stack's keys, or makes them where there are none yet. All of them come into being at once: no crash leaves a part.
 * @param keysDir a folder of our own, which nobody else may read; keys lie in its folder `current`
 * @throws Error naming the file where keys are damaged; they are never made anew over damaged ones
 */
export async function loadOrMakeKeys(keysDir: string): Promise<{ keys: Keys; made: boolean }> {
  await removeLeftovers(keysDir);
  const folder = join(keysDir, folderName);
  const existing = await readKeys(folder);
  if (existing !== undefined) return { keys: existing, made: false };
  const keys = await makeKeys();
  await writeFolderOnce(folder, keyFiles(keys), 0o600);
  return { keys, made: true };
}

/**
 * Puts the operators' public keys where the service reads them.
 * @param publicDir the folder that the service sees; everybody may read it
 */
export async function publishKeys(keys: Keys, publicDir: string): Promise<void> {
  await mkdir(publicDir, { recursive: true, mode: 0o755 });
  await removeLeftovers(publicDir);
  for (const operator of keys.operators) {
    const path = join(publicDir, `${operator.name}.pub`);
    if ((await readIfPresent(path)) !== `${operator.publicKey}\n`) await replaceFile(path, `${operator.publicKey}\n`, 0o444);
  }
}

/** The same keys with the operators' own in place of those that were made; their shares stay. @param privateKeys PKCS#8 PEM, one an operator */
export function withOperatorKeys(keys: Keys, privateKeys: readonly string[] | undefined): Keys {
  const operators = keys.operators.map((operator, index) => {
    const privateKey = privateKeys?.[index];
    if (privateKey === undefined) return operator;
    return { ...operator, privateKey, publicKey: sshPublicKey(rawPublicKey(createPrivateKey(privateKey)), operator.name) };
  });
  return { ...keys, operators };
}

/**
 * Puts what operators need to work by hand where the stack reads it for its outputs.
 * @param keysDir as for loadOrMakeKeys
 * @param authority the certificate of the stack's, PEM, where it has one
 */
export async function tellOperators({ identity, operators }: Keys, keysDir: string, authority?: string): Promise<void> {
  const told: OperatorsFile = { vault: await identityToRecipient(identity), operators, ...(authority && { authority }) };
  await replaceFile(join(keysDir, operatorsFile), JSON.stringify(told), 0o600);
}

async function makeKeys(): Promise<Keys> {
  // Not generateIdentity: the service reads X25519 identities only, whatever the library's default becomes.
  const identity = await generateX25519Identity();
  const shares = await splitSecret(identity);
  const operators = operatorNames.map((name, index) => {
    const { privateKey } = generateKeyPairSync("ed25519");
    return {
      name,
      privateKey: privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
      publicKey: sshPublicKey(rawPublicKey(privateKey), name),
      share: shares[index] ?? "",
    };
  });
  return { identity, operators };
}

function keyFiles(keys: Keys): Record<string, string> {
  const files = keys.operators.flatMap(({ name, privateKey, publicKey, share }) => [
    [`${name}.pem`, privateKey],
    [`${name}.pub`, `${publicKey}\n`],
    [`${name}.share`, `${share}\n`],
  ]);
  return Object.fromEntries([[identityFile, `${keys.identity}\n`], ...files]);
}

async function readKeys(folder: string): Promise<Keys | undefined> {
  if (!existsSync(folder)) return undefined;
  const identity = (await readIfPresent(join(folder, identityFile)))?.trim() ?? damaged(join(folder, identityFile), "it is missing");
  const operators = await Promise.all(
    operatorNames.map(async (name) => {
      const [privateKey, publicKey, share] = await Promise.all(
        ["pem", "pub", "share"].map(async (extension) => {
          const path = join(folder, `${name}.${extension}`);
          return (await readIfPresent(path)) ?? damaged(path, "it is missing");
        }),
      );
      const operator = { name, privateKey: privateKey ?? "", publicKey: publicKey?.trim() ?? "", share: share?.trim() ?? "" };
      if (operator.publicKey !== derivedPublicKey(operator)) damaged(join(folder, `${name}.pem`), `it is not the key of ${name}.pub`);
      return operator;
    }),
  );
  const combined = await combineShares(operators.map(({ share }) => share)).catch(() => undefined);
  if (!/^AGE-SECRET-KEY-1[0-9A-Z]+$/.test(identity) || combined !== identity)
    damaged(join(folder, identityFile), "the shares beside it are not shares of it");
  return { identity, operators };
}

function derivedPublicKey({ name, privateKey }: Operator): string | undefined {
  try {
    return sshPublicKey(rawPublicKey(createPrivateKey(privateKey)), name);
  } catch {
    return undefined;
  }
}

function damaged(path: string, why: string): never {
  throw new Error(`the stack's keys are damaged: ${path}: ${why}; put it back, or destroy the stack and make it anew`);
}
