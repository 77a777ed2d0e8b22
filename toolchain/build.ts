import { cp, mkdir, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { UserError } from "../common/errors.ts";
import { run, tail } from "../common/process.ts";
import { installFolder, withStage } from "../common/staged-folder.ts";
import type { Detail, Steps } from "../common/steps.ts";
import { ensureGo, goEnvironment } from "./go.ts";
import { nitroHome } from "./home.ts";
import { type ToolPart, title, writeOrigin } from "./parts.ts";
import { type PluginName, pins } from "./pins.ts";
import { pluginSources } from "./plugin-sources.ts";

const modules = join(import.meta.dirname, "go");
const versionVariable = "github.com/pulumi/pulumi/sdk/v3/go/common/version.Version";
const languageHost = "github.com/pulumi/pulumi/sdk/v3/nodejs/cmd/pulumi-language-nodejs";

/** What `go build` names for each part, in the module toolchain/go/pulumi. */
const packages: Record<ToolPart["name"], string> = {
  pulumi: "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi",
  docker: "./pulumi-resource-docker",
  random: "./pulumi-resource-random",
  aws: "./pulumi-resource-aws",
};

/** Versions that the linker writes into the executables; each finds its own. Pulumi refuses to work with a CLI of no version. */
const linkerFlags = [
  "-s -w",
  `-X ${versionVariable}=v${pins.pulumi.version}`,
  `-X main.dockerVersion=${pins.plugins.docker.version}`,
  `-X main.randomVersion=${pins.plugins.random.version}`,
  `-X main.awsVersion=${pins.plugins.aws.version}`,
].join(" ");

/** The flags of every build, and of `go vet`, so that what one compiled serves the other. */
export const buildFlags = ["-mod=readonly", "-trimpath", "-buildvcs=false", "-tags=no_compose"] as const;

/** @returns the environment for building programs of this system, whatever the user cross-compiles */
export function toolBuildEnvironment(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const GOOS = process.platform;
  const GOARCH = process.arch === "x64" ? "amd64" : process.arch;
  return { ...goEnvironment(env), GOOS, GOARCH, CGO_ENABLED: "0", GOWORK: "off" };
}

/**
 * Builds parts from Go modules and installs them. One build for all of them compiles what they share once.
 * @throws UserError with the compiler's last lines
 */
export async function buildParts(parts: readonly ToolPart[], env: NodeJS.ProcessEnv, steps: Steps): Promise<void> {
  const go = await ensureGo(env, steps);
  await withStage(join(nitroHome(env), "build"), async (output) => {
    const [first, second] = parts;
    const what = first !== undefined && second === undefined ? title(first) : "Pulumi and its plugins";
    await steps.run(`${what}, built from Go modules (some minutes)`, (detail) =>
      goBuild(
        go,
        "pulumi",
        parts.map((part) => packages[part.name]),
        linkerFlags,
        output,
        env,
        detail,
      ),
    );
    if (parts.some((part) => part.name === "pulumi")) {
      const flags = `-s -w -X ${versionVariable}=v${pins.languageHost.version}`;
      await steps.run("Pulumi's language host, built from Go modules", (detail) =>
        goBuild(go, "language-nodejs", [languageHost], flags, output, env, detail),
      );
    }
    for (const part of parts) await installFolder(part.folder, (stage) => copyExecutables(part, output, stage));
  });
}

async function goBuild(
  go: string,
  module: string,
  targets: readonly string[],
  flags: string,
  output: string,
  env: NodeJS.ProcessEnv,
  detail: Detail,
): Promise<void> {
  let compiled = 0;
  const onLine = (line: string) => {
    if (line.startsWith("go: downloading ")) detail(line.slice("go: ".length));
    else detail(`${++compiled} packages compiled`);
  };
  const args = ["build", "-v", ...buildFlags, "-ldflags", flags, "-o", `${output}/`, ...targets];
  const result = await run(go, args, { cwd: join(modules, module), env: toolBuildEnvironment(env), onLine });
  if (result.code !== 0)
    throw new UserError(
      `go build of ${targets.join(", ")} failed:\n${tail(result.output)}`,
      "mend what the lines above say, then: ./nitro setup",
    );
}

async function copyExecutables(part: ToolPart, output: string, stage: string): Promise<void> {
  const bin = join(stage, part.bin);
  await mkdir(bin, { recursive: true });
  for (const name of part.executables) await cp(join(output, name), join(bin, name));
  if (part.name === "pulumi") await wrapLanguageHost(bin);
  else await writeSources(part.name, stage);
  await writeOrigin(stage, "Go modules");
}

/** By which a later version of this repository knows that it has to be built again. */
async function writeSources(name: PluginName, stage: string): Promise<void> {
  const { file, hash } = pluginSources(name);
  await writeFile(join(stage, file), hash);
}

/**
 * Newer Pulumi tells the language host by its protocol what this version of it knows as a flag alone: that the program is not to be
 * compiled (`runtime.options.typescript` of Pulumi.yaml). Without the flag it loads the compiler at every start, for nothing.
 */
async function wrapLanguageHost(bin: string): Promise<void> {
  const [name, inner] = ["pulumi-language-nodejs", "nodejs-language-host"];
  await rename(join(bin, name), join(bin, inner));
  await writeFile(join(bin, name), `#!/bin/sh\nexec "$(dirname "$0")/${inner}" -typescript=false "$@"\n`, { mode: 0o755 });
}
