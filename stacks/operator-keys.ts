import { readFileSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import { errorCode, UserError } from "../common/errors.ts";
import { operatorNames } from "../key-feeder/contract.ts";
import { rawPublicKey } from "../key-feeder/payouts/signer.ts";
import { parsePrivateKey } from "../key-feeder/ssh-key.ts";

/**
 * Reads the operators' own private keys.
 * @param root the project's folder
 * @param wanted the setting operators.keys: a folder with `<operator>.pem`, or a file for each operator
 * @returns PKCS#8 PEM, one an operator
 * @throws UserError; no part of a key is ever in its message
 */
export function readOperatorKeys(root: string, wanted: string | readonly string[]): string[] {
  const named = typeof wanted === "string" ? filesOf(root, wanted) : wanted;
  const keys = named.map((file) => readKey(root, file));
  const publicKeys = new Set(keys.map((key) => rawPublicKey(key).toString("hex")));
  if (publicKeys.size < keys.length)
    throw new UserError(`setting nitro:operators.keys names one key twice (${named.join(", ")}): two operators have two keys`);
  return keys.map((key) => key.export({ type: "pkcs8", format: "pem" }).toString());
}

function filesOf(root: string, folder: string): string[] {
  if (statSync(resolve(root, folder), { throwIfNoEntry: false })?.isDirectory() !== true)
    throw new UserError(
      `setting nitro:operators.keys is ${folder}: there is no such folder; needed is one with ${operatorNames.map((name) => `${name}.pem`).join(" and ")}, or a list of two files`,
    );
  return operatorNames.map((name) => join(folder, `${name}.pem`));
}

function readKey(root: string, file: string) {
  const fail = (what: string, mend = "needed is an ed25519 key, as PKCS#8 PEM or as ssh-keygen -t ed25519 writes it"): never => {
    throw new UserError(`setting nitro:operators.keys names ${file}: ${what}; ${mend}`);
  };
  const read = parsePrivateKey(textOf(resolve(root, file), fail));
  if ("key" in read) return read.key;
  if (/passphrase/.test(read.problem)) return fail(read.problem, `take a copy without one: ssh-keygen -p -N '' -f <copy of ${file}>`);
  return fail(read.problem);
}

function textOf(path: string, fail: (what: string) => never): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    return fail(`it cannot be read (${errorCode(error) ?? String(error)})`);
  }
}
