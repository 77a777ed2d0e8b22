import { linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { errorCode } from "../common/errors.ts";
import { draftName, ifPresentSync } from "../common/files.ts";

/**
 * The one folder for everything that nitro downloads, builds and keeps outside the repository.
 * @returns $NITRO_HOME as an absolute path, else `nitro` in the user's cache folder
 */
export function nitroHome(env: NodeJS.ProcessEnv = process.env): string {
  if (env.NITRO_HOME) return resolve(env.NITRO_HOME);
  if (env.XDG_CACHE_HOME) return resolve(env.XDG_CACHE_HOME, "nitro");
  const home = env.HOME || homedir();
  return process.platform === "darwin" ? join(home, "Library", "Caches", "nitro") : join(home, ".cache", "nitro");
}

export interface AuthorityFiles {
  /** What programs are given. */
  readonly certificate: string;
  /** What nobody else is to read: the key, and the certificate again. */
  readonly key: string;
}

/** Where keepAuthority keeps a certificate authority. */
export function authorityFiles(env?: NodeJS.ProcessEnv): AuthorityFiles {
  const folder = join(nitroHome(env), "tls");
  return { certificate: join(folder, "ca.pem"), key: join(folder, "ca-key.pem") };
}

/** PULUMI_HOME: never the user's own. */
export function pulumiHome(env?: NodeJS.ProcessEnv): string {
  return join(nitroHome(env), "pulumi");
}

/**
 * Where a version of a tool lives, or will live.
 * @param name folder of the tool, as in toolchain/pins.json
 */
export function toolFolder(env: NodeJS.ProcessEnv | undefined, name: string, version: string): string {
  return join(nitroHome(env), "tools", name, `${version}-${process.platform}-${process.arch}`);
}

/** Where Pulumi looks for a resource plugin of a version. */
export function pluginFolder(env: NodeJS.ProcessEnv | undefined, name: string, version: string): string {
  return join(pulumiHome(env), "plugins", `resource-${name}-v${version}`);
}

/**
 * Reads a small file of NITRO_HOME that is made once, by whoever comes first, and never seen half-written.
 * @param make its content, called only where the file is not there yet
 */
export function readOrCreate(path: string, make: () => string): string {
  const existing = ifPresentSync(() => readFileSync(path, "utf8"));
  if (existing !== undefined) return existing;
  mkdirSync(dirname(path), { recursive: true });
  const draft = draftName(`${path}.`);
  writeFileSync(draft, make(), { mode: 0o600 });
  try {
    linkSync(draft, path);
  } catch (error) {
    if (errorCode(error) !== "EEXIST") throw error;
  } finally {
    rmSync(draft, { force: true });
  }
  return readFileSync(path, "utf8");
}
