import { hash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join, posix } from "node:path";
import { ifPresentSync } from "../common/files.ts";
import { lockedPackages } from "./locked-packages.ts";

/** What programs consist of before they are bundled. */
export interface ProgramInputs {
  /** Paths of their sources, relative to the repository, and the SHA-256 of each. */
  readonly sources: readonly (readonly [path: string, sha256: string])[];
  /** Paths of the packages that can be in the bundles, and the one that makes them; what pins each. */
  readonly packages: readonly (readonly [path: string, pin: string])[];
}

/** Makes the bundles: another version of it may write other ones. */
const bundler = "esbuild";

/**
 * Finds what programs import, and what that imports: what is not imported is not in their bundles. This reads the import statements in place
 * of bundling, which would cost every command a second; `bundles` compares both.
 * @param root the repository
 * @param entries paths of the programs, relative to it
 */
export function programInputs(root: string, entries: readonly string[]): ProgramInputs {
  const sources = new Map<string, string>();
  const packages = new Set([bundler]);
  const waiting = [...entries];
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    if (sources.has(path)) continue;
    const content = ifPresentSync(() => readFileSync(join(root, path)));
    // Named by a comment, or missed by bundling with better words.
    if (content === undefined) continue;
    sources.set(path, hash("sha256", content));
    for (const specifier of path.endsWith(".ts") ? importsOf(content.toString("latin1")) : []) {
      if (specifier.startsWith(".")) waiting.push(posix.join(posix.dirname(path), specifier));
      else if (!specifier.startsWith("node:")) packages.add(packageName(specifier));
    }
  }
  const lock = readFileSync(join(root, "package-lock.json"), "utf8");
  return { sources: [...sources].sort(([a], [b]) => (a < b ? -1 : 1)), packages: lockedPackages(lock, packages) };
}

/**
 * What a module imports when it runs, at once or later: no types. Pure.
 * @param text TypeScript as the formatter leaves it
 */
export function importsOf(text: string): string[] {
  const imports = /(?:^(?:import|export) (?!type )(?:[^"';]*? from )?|\bimport\(\s*)"([^"\n]+)"/gm;
  return [...text.matchAll(imports)].map(([, specifier = ""]) => specifier);
}

/** Whether programs depend on a file that a bundler has read. @param input its path, relative to the repository */
export function isProgramInput({ sources, packages }: ProgramInputs, input: string): boolean {
  const [, folder] = /^(.*\bnode_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(input) ?? [];
  const known: readonly (readonly string[])[] = folder === undefined ? sources : packages;
  return known.some(([path]) => path === (folder ?? input));
}

/** "@aws-sdk/client-s3/commands" → "@aws-sdk/client-s3". Pure. */
export function packageName(specifier: string): string {
  return specifier
    .split("/")
    .slice(0, specifier.startsWith("@") ? 2 : 1)
    .join("/");
}
