import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { PluginName } from "./pins.ts";

const folder = join(import.meta.dirname, "go", "pulumi");
const hashFile = ".sources";

/**
 * What a plugin that is built here is built from. The versions of its dependencies are left out: a change of those alone would have every
 * machine compile for minutes.
 */
export function pluginSources(name: PluginName): { readonly file: string; readonly hash: string } {
  const own = join(folder, `pulumi-resource-${name}`);
  const hash = createHash("sha256");
  for (const file of readdirSync(own).sort()) {
    if (file.endsWith(".go") && !file.endsWith("_test.go"))
      hash
        .update(file)
        .update("\0")
        .update(readFileSync(join(own, file)));
  }
  return { file: hashFile, hash: hash.digest("hex") };
}

/** @returns true where a plugin was built here, from other sources than those of now */
export function isOutdated(name: PluginName, installed: string): boolean {
  const file = join(installed, hashFile);
  return existsSync(file) && readFileSync(file, "utf8") !== pluginSources(name).hash;
}
