import { mkdirSync } from "node:fs";
import { createRequire } from "node:module";
import { join, relative } from "node:path";
import { UserError } from "../common/errors.ts";
import { writeWhole } from "../common/files.ts";
import { run } from "../common/process.ts";
import { findExtras } from "./extras-file.ts";

/** Node runs TypeScript without a look at its types: a misspelt option would be passed over in silence. */
const project = {
  compilerOptions: { noEmit: true, incremental: true, allowImportingTsExtensions: true, noUnusedLocals: false, noUnusedParameters: false },
  include: [],
};

/**
 * Checks the types of a module with a team's own parts, by the compiler that Pulumi's packages bring; again only what has changed since.
 * @param file what the setting names
 * @throws UserError with the first error and its place
 */
export async function checkExtrasTypes(root: string, file: string): Promise<void> {
  const path = findExtras(root, file);
  if (!/\.[cm]?ts$/.test(path)) return;
  const folder = join(root, ".nitro", "extras");
  mkdirSync(folder, { recursive: true });
  const config = join(folder, "tsconfig.json");
  const extended = { extends: join(root, "tsconfig.json"), ...project, files: [path] };
  const compilerOptions = { ...project.compilerOptions, tsBuildInfoFile: join(folder, "types.tsbuildinfo") };
  await writeWhole(config, JSON.stringify({ ...extended, compilerOptions }));
  const compiler = createRequire(join(root, "package.json")).resolve("typescript/lib/tsc.js");
  const { code, stdout, output } = await run(process.execPath, [compiler, "-p", config, "--pretty", "false"], {
    cwd: root,
    env: process.env,
  });
  if (code === 0) return;
  const errors = stdout.split("\n").filter((line) => /^\S.*: error TS\d+: /.test(line));
  const shown = relative(root, path).startsWith("..") ? path : relative(root, path);
  const more = errors.length > 1 ? ` (and ${errors.length - 1} more: npx tsc --noEmit -p ${relative(root, config)})` : "";
  throw new UserError(`extras ${shown} has an error of types: ${errors[0] ?? output.trim()}${more}`);
}
