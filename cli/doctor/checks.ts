import { existsSync } from "node:fs";
import { join } from "node:path";
import { errorMessage } from "../../common/errors.ts";
import { run } from "../../common/process.ts";
import type { Engine } from "../../docker/engine.ts";
import { EngineError } from "../../docker/error.ts";
import { imageRefs } from "../../images/build.ts";
import { missingImages } from "../../images/missing.ts";
import manifest from "../../package.json" with { type: "json" };
import { passphraseFile } from "../../toolchain/environment.ts";
import { findGo, oldestGo } from "../../toolchain/go.ts";
import { modulesAreCurrent } from "../../toolchain/modules.ts";
import { allParts, extraParts, isInstalled, originOf, type ToolPart, title } from "../../toolchain/parts.ts";

/** One thing that stacks need, as it is on this machine. */
export interface Check {
  readonly what: string;
  /** What is there; undefined where it is missing. */
  readonly found: string | undefined;
  readonly wanted: string;
  readonly ok: boolean;
  /** Only some ways of working need it: missing, it is no failure. */
  readonly optional: boolean;
  /** The command that mends it. */
  readonly fix: string;
}

const setup = "./nitro setup";
const oldestEngineApi = 1.41;

/** Looks at everything; changes nothing. */
export async function checkMachine(root: string, env: NodeJS.ProcessEnv, engine: Engine): Promise<Check[]> {
  const checks = [
    node(),
    npm(env),
    packages(root),
    ...engineAndImages(engine),
    ...allParts(env).map((part) => partCheck(part, env)),
    ...extraParts(env).map((part) => extraCheck(part, env)),
    state(env),
    go(env),
  ];
  return Promise.all(checks);
}

function check(
  what: string,
  found: string | undefined,
  wanted: string,
  fix: string,
  options: { ok?: boolean; optional?: boolean } = {},
): Check {
  return { what, found, wanted, ok: options.ok ?? found !== undefined, optional: options.optional ?? false, fix };
}

async function node(): Promise<Check> {
  return check("Node", process.versions.node, manifest.engines.node, "./nitro installs its own where PATH has none that is new enough");
}

/** npm fetches nitro's packages, and the Node of the images. */
async function npm(env: NodeJS.ProcessEnv): Promise<Check> {
  const { code, stdout } = await run("npm", ["--version"], { env });
  return check("npm", code === 0 ? stdout.trim() : undefined, "any", "install npm; it comes with Node");
}

async function packages(root: string): Promise<Check> {
  return check("npm packages", modulesAreCurrent(root) ? "as locked" : undefined, "package-lock.json", "./nitro version");
}

function engineAndImages(engine: Engine): Promise<Check>[] {
  const info = engine.ping().catch((error: unknown) => {
    if (error instanceof EngineError) return error;
    throw error;
  });
  return [engineCheck(engine, info), imagesCheck(engine, info)];
}

type Info = Promise<Awaited<ReturnType<Engine["ping"]>> | EngineError>;

async function engineCheck(engine: Engine, asked: Info): Promise<Check> {
  const info = await asked;
  const wanted = `API >= ${oldestEngineApi}`;
  if (info instanceof EngineError) return check("container engine", undefined, wanted, `${setup} (${info.message})`);
  const found = `${info.version}, API ${info.apiVersion}, ${engine.host}`;
  return check("container engine", found, wanted, "install Docker 20.10 or newer", { ok: Number(info.apiVersion) >= oldestEngineApi });
}

async function imagesCheck(engine: Engine, asked: Info): Promise<Check> {
  const info = await asked;
  if (info instanceof EngineError) return check("images", undefined, "all built", setup);
  const missing = await missingImages(engine, imageRefs(info.arch));
  const found = missing.length === 0 ? "all built" : `missing: ${missing.join(", ")}`;
  return check("images", found, "all built", setup, { ok: missing.length === 0 });
}

async function partCheck(part: ToolPart, env: NodeJS.ProcessEnv): Promise<Check> {
  const what = title(part).replace(` ${part.version}`, "");
  if (!isInstalled(part)) return check(what, undefined, part.version, setup);
  const origin = originOf(part);
  const from = origin === undefined ? "" : ` (${origin})`;
  if (part.name !== "pulumi") return check(what, `${part.version}${from}`, part.version, setup);
  const { code, stdout, output } = await run(join(part.folder, part.bin, "pulumi"), ["version"], { env });
  const found = code === 0 ? `${stdout.trim().replace(/^v/, "")}${from}` : output.trim();
  return check(what, found, part.version, `rm -r ${part.folder}; ${setup}`, { ok: code === 0 });
}

/** Missing, it comes with the first stack that needs it. */
async function extraCheck(part: ToolPart, env: NodeJS.ProcessEnv): Promise<Check> {
  return { ...(await partCheck(part, env)), optional: true, fix: `${setup} --${part.name}` };
}

async function state(env: NodeJS.ProcessEnv): Promise<Check> {
  return check("passphrase", existsSync(passphraseFile(env)) ? passphraseFile(env) : undefined, "a file", setup);
}

/** Needed for the sample, and for Pulumi where no release can be downloaded. */
async function go(env: NodeJS.ProcessEnv): Promise<Check> {
  const found = await findGo(env).catch((error: unknown) => ({ version: errorMessage(error) }));
  return check("Go", found?.version, `>= ${oldestGo}`, "comes from PyPI when the sample is built; or install Go", { optional: true });
}
