import { createPrivateKey } from "node:crypto";
import { chmod, mkdir } from "node:fs/promises";
import { join } from "node:path";
import { writeWhole } from "../common/files.ts";
import { encryptToOperator } from "../key-feeder/age-ssh.ts";
import type { Operator } from "../key-feeder/contract.ts";

/** An operator's files, by their paths. */
export interface OperatorFiles {
  /** PKCS#8 PEM. */
  readonly key: string;
  /** One line: `ssh-ed25519 AAAA… name`. */
  readonly publicKey: string;
  /** An age file that the key opens: the share as base64 text. */
  readonly share: string;
}

/** Where they are, for nobody else to read. `nitro down` removes it with everything of the stack. */
export function operatorsFolder(root: string, stack: string): string {
  return join(root, ".nitro", stack, "operators");
}

/** Writes the keys and shares of operators to files, each whole. @returns the paths, in the order of the operators */
export async function writeOperatorFiles(folder: string, operators: readonly Operator[]): Promise<OperatorFiles[]> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await chmod(folder, 0o700);
  return Promise.all(
    operators.map(async ({ name, privateKey, publicKey, share }) => {
      const files = { key: join(folder, `${name}.pem`), publicKey: join(folder, `${name}.pub`), share: join(folder, `share-${name}.enc`) };
      await Promise.all([
        writeWhole(files.key, privateKey, { mode: 0o600 }),
        writeWhole(files.publicKey, `${publicKey}\n`, { mode: 0o600 }),
        writeWhole(files.share, await encryptToOperator(createPrivateKey(privateKey), share), { mode: 0o600 }),
      ]);
      return files;
    }),
  );
}
