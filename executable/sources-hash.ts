import { createHash } from "node:crypto";
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import { ifPresentSync } from "../common/files.ts";

/** What no build is made of: version control, installed packages, our own output. */
const left = new Set([".git", "node_modules", ".nitro"]);

/**
 * A number that changes when sources change.
 * @param folder of the sources; one that is not there is as good as empty
 * @param counts whether a file counts, by its path below the folder, with slashes
 * @returns 16 hex digits
 */
export function sourcesHash(folder: string, counts: (file: string) => boolean): string {
  const hash = createHash("sha256");
  for (const { file, content } of files(folder, "")) {
    if (counts(file)) hash.update(`${file}\0`).update(createHash("sha256").update(content()).digest());
  }
  return hash.digest("hex").slice(0, 16);
}

interface SourceFile {
  readonly file: string;
  readonly content: () => Buffer | string;
}

/** Links count by where they point: they may lead out of the folder. */
function files(root: string, below: string): SourceFile[] {
  const entries = (ifPresentSync(() => readdirSync(join(root, below), { withFileTypes: true })) ?? [])
    .filter(({ name }) => !left.has(name))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
  return entries.flatMap((entry) => {
    const file = below === "" ? entry.name : `${below}/${entry.name}`;
    if (entry.isDirectory()) return files(root, file);
    const path = join(root, file);
    if (entry.isSymbolicLink()) return [{ file, content: () => `link ${readlinkSync(path)}` }];
    return entry.isFile() ? [{ file, content: () => readFileSync(path) }] : [];
  });
}
