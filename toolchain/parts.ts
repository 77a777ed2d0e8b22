import { existsSync, readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pluginFolder, toolFolder } from "./home.ts";
import { extraPluginNames, type PluginName, pins, pluginNames } from "./pins.ts";
import { isOutdated } from "./plugin-sources.ts";

/** One thing that Pulumi needs and that is installed as a folder: the CLI with its language host, or a resource plugin. */
export interface ToolPart {
  readonly name: "pulumi" | PluginName;
  readonly version: string;
  readonly folder: string;
  /** Folder of the executables, inside `folder`. */
  readonly bin: string;
  readonly executables: readonly string[];
  /** Addresses below the base of the releases. */
  readonly archive: string;
  readonly checksums: string;
  /** Folder inside the archive that holds the executables. */
  readonly archiveBin: string;
}

/** A system in the words of releases: `os` as Node says it, `arch` as Node says it. */
export interface System {
  readonly os: string;
  readonly arch: string;
}

const thisSystem: System = { os: process.platform, arch: process.arch };

/** The parts of every stack, and further plugins where they are asked for; for this system by default. Pure. */
export function allParts(env: NodeJS.ProcessEnv, system: System = thisSystem, extra: readonly PluginName[] = []): ToolPart[] {
  return [pulumiPart(env, system), ...[...pluginNames, ...extra].map((name) => pluginPart(env, name, system))];
}

/** The parts that only some stacks need. Pure. */
export function extraParts(env: NodeJS.ProcessEnv, system: System = thisSystem): ToolPart[] {
  return extraPluginNames.map((name) => pluginPart(env, name, system));
}

function pulumiPart(env: NodeJS.ProcessEnv, { os, arch }: System): ToolPart {
  const { version } = pins.pulumi;
  return {
    name: "pulumi",
    version,
    folder: toolFolder(env, "pulumi", version),
    bin: "bin",
    executables: ["pulumi", "pulumi-language-nodejs"],
    archive: `sdk/pulumi-v${version}-${os}-${arch}.tar.gz`,
    checksums: `sdk/pulumi-${version}-checksums.txt`,
    archiveBin: "pulumi",
  };
}

function pluginPart(env: NodeJS.ProcessEnv, name: PluginName, { os, arch }: System): ToolPart {
  const { version } = pins.plugins[name];
  return {
    name,
    version,
    folder: pluginFolder(env, name, version),
    bin: ".",
    executables: [`pulumi-resource-${name}`],
    archive: `plugins/pulumi-resource-${name}-v${version}-${os}-${arch === "x64" ? "amd64" : arch}.tar.gz`,
    checksums: `plugins/pulumi-${name}_${version}_checksums.txt`,
    archiveBin: ".",
  };
}

/** A part's folder appears whole or not at all: where its executables are, the rest is. A plugin of ours follows its sources. */
export function isInstalled(part: ToolPart): boolean {
  if (!part.executables.every((name) => existsSync(join(part.folder, part.bin, name)))) return false;
  return part.name === "pulumi" || !isOutdated(part.name, part.folder);
}

/** A part for people: "Pulumi 3.256.0", "Pulumi's docker plugin 5.2.0". */
export function title(part: ToolPart): string {
  return part.name === "pulumi" ? `Pulumi ${part.version}` : `Pulumi's ${part.name} plugin ${part.version}`;
}

const originFile = ".origin";

/** How a part came here, kept in its folder. */
export type Origin = "release" | "Go modules" | "the user's own";

/** @param stage the part's folder while it is being made */
export async function writeOrigin(stage: string, origin: Origin): Promise<void> {
  await writeFile(join(stage, originFile), origin);
}

/** @returns undefined where the part is not installed */
export function originOf(part: ToolPart): string | undefined {
  const file = join(part.folder, originFile);
  return isInstalled(part) && existsSync(file) ? readFileSync(file, "utf8") : undefined;
}
