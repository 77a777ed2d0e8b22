import { createPrivateKey } from "node:crypto";
import { chmod, mkdir } from "node:fs/promises";
import { join } from "node:path";
import { writeWhole } from "../common/files.ts";
import { hostCertificates } from "../images/host.ts";
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

/** Files of certificates, PEM, by their paths. */
export interface TrustFiles {
  /** The stack's authority alone. */
  readonly authority: string;
  /** With those that this machine trusts: for programs that trust nobody but a file. */
  readonly bundle: string;
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

/**
 * Writes the files by which programs trust a stack's servers.
 * @param authority the certificate of the stack's
 * @param env may name further certificates that this machine trusts
 */
export async function writeTrustFiles(folder: string, authority: string, env: NodeJS.ProcessEnv): Promise<TrustFiles> {
  const files = { authority: join(folder, "ca.pem"), bundle: join(folder, "ca-bundle.pem") };
  // The environment may name this very file already.
  const trusted = new Set(`${await hostCertificates(env)}\n${authority}`.match(certificate));
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await Promise.all([
    writeWhole(files.authority, authority, { mode: 0o600 }),
    writeWhole(files.bundle, `${[...trusted].join("\n")}\n`, { mode: 0o600 }),
  ]);
  return files;
}

const certificate = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;
