import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";

/** Of the project's folder: what an update does not run by. */
const others: ReadonlySet<string> = new Set(["bench", "dist", "docs", "examples", "node_modules", "sample", "test", "testing"]);

/**
 * Differs where a file of this project was written, added or removed that an update runs by: its program, images, pinned packages.
 * @param root the project's folder
 */
export function sourcesStamp(root: string): string {
  const files = readdirSync(root, { withFileTypes: true }).flatMap((entry) => {
    if (entry.isFile()) return /\.(ts|json)$|^Pulumi\.yaml$/.test(entry.name) ? [entry.name] : [];
    if (!entry.isDirectory() || entry.name.startsWith(".") || others.has(entry.name)) return [];
    return readdirSync(join(root, entry.name), { recursive: true, encoding: "utf8" }).map((inside) => join(entry.name, inside));
  });
  let newest = 0;
  let bytes = 0;
  for (const file of files) {
    const found = statSync(join(root, file), { throwIfNoEntry: false });
    newest = Math.max(newest, found?.mtimeMs ?? 0, found?.ctimeMs ?? 0);
    bytes += found?.size ?? 0;
  }
  return `${files.length} ${bytes} ${newest}`;
}
