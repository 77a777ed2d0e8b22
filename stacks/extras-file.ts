import { statSync } from "node:fs";
import { resolve } from "node:path";
import { UserError } from "../common/errors.ts";

// Apart from what loads and runs the module: commands look for the file at their start, and Pulumi's SDK is loaded beside pulumi, later.

/** What a module of extras has to be, for messages. */
export const wantedOfExtras =
  "needed is a module that exports a function named extras: export const extras: Extras = (context) => { … }; see docs/extras.md";

/**
 * Finds the module that the setting names.
 * @param file relative to the project's folder
 * @returns its path
 * @throws UserError where it is not there, or no module
 */
export function findExtras(root: string, file: string): string {
  const path = resolve(root, file);
  const fail = (what: string) => new UserError(`setting nitro:extras names ${file}: ${what}; ${wantedOfExtras}`);
  if (statSync(path, { throwIfNoEntry: false })?.isFile() !== true) throw fail("there is no such file");
  if (!/\.[cm]?[jt]s$/.test(path)) throw fail("it is neither TypeScript nor JavaScript by its name");
  return path;
}
