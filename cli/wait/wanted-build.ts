import { createHash } from "node:crypto";
import { createReadStream, type Stats, statSync } from "node:fs";
import { pipeline } from "node:stream/promises";
import { errorMessage, UserError } from "../../common/errors.ts";
import { ifPresentSync, isAbsent } from "../../common/files.ts";

/** Which build somebody waits for. */
export interface WantedBuild {
  /** For people: the file's path, or the hash. */
  readonly name: string;
  /** Its SHA-256 as of now, whole or the first digits; undefined while there is no such file. */
  current(): Promise<string | undefined>;
}

/** The fewest digits of a hash that stand for it: as many as commands print. */
const fewestDigits = 12;

/** Which hashes are allowed, in words. */
export const hashAllowed = `at least the first ${fewestDigits} digits of its SHA-256`;

/**
 * @param given the argument: a hash (12 digits or more) or a file
 * @param resolvePath relative paths to absolute ones
 */
export function wantedBuild(given: string, resolvePath: (path: string) => string): WantedBuild {
  if (isHash(given) && fileAt(resolvePath(given)) === undefined) return { name: given, current: async () => given };
  return wantedFile(resolvePath(given));
}

/** Whatever a file holds, as of each look. @param path absolute */
export function wantedFile(path: string): WantedBuild {
  return new BuildFile(path);
}

/** True for what may be a SHA-256 in hex, or the beginning of one. */
export function isHash(text: string): boolean {
  return text.length >= fewestDigits && /^[0-9a-f]{1,64}$/.test(text);
}

/** A file that a build may replace at any time: hashed again whenever it changed. */
class BuildFile implements WantedBuild {
  readonly name: string;
  private stamp = "";
  private sha256 = "";

  constructor(path: string) {
    this.name = path;
  }

  async current(): Promise<string | undefined> {
    for (;;) {
      const stats = fileAt(this.name);
      if (stats?.isDirectory()) throw new UserError(`${this.name} is a folder, and no build`, "name the file in it: --build FILE");
      const stamp = stampOf(stats);
      if (stamp === undefined) return undefined;
      if (stamp === this.stamp) return this.sha256;
      this.sha256 = await hashOf(this.name);
      this.stamp = stamp;
    }
  }
}

function fileAt(path: string): Stats | undefined {
  try {
    return ifPresentSync(() => statSync(path));
  } catch (error) {
    throw new UserError(`${path} cannot be looked at: ${errorMessage(error)}`);
  }
}

/** Differs where the content may differ. */
function stampOf(stats: Stats | undefined): string | undefined {
  return stats && `${stats.ino} ${stats.size} ${stats.mtimeMs} ${stats.ctimeMs}`;
}

async function hashOf(path: string): Promise<string> {
  const hash = createHash("sha256");
  try {
    await pipeline(createReadStream(path), hash);
  } catch (error) {
    // A build replaces it this very moment: the next look finds the new one.
    if (isAbsent(error)) return "";
    throw new UserError(`${path} cannot be read: ${errorMessage(error)}`, `chmod u+r ${path}`);
  }
  return hash.digest("hex");
}
