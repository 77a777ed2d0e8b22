import { statSync } from "node:fs";
import { resolve } from "node:path";
import { UserError } from "../common/errors.ts";
import type { Arch } from "../docker/types.ts";
import { checkExecutable } from "../executable/check.ts";
import { type ConfiguredExecutable, loadForAnyEngine } from "../executable/staging.ts";
import { ConfigError, checkSettings, type RawSettings, type Settings } from "../model/settings.ts";
import { readSecretsFile } from "./secrets-file.ts";

/** A stack's settings and the files that they name, all read and checked. */
export interface Configuration {
  readonly settings: Settings;
  /** The developer's own secrets as JSON text; undefined for made-up ones. */
  readonly secrets: string | undefined;
  /** The one that service.binary names; undefined where it is an image's, or built. */
  readonly executable: ConfiguredExecutable | undefined;
}

export interface ConfigurationArgs {
  /** The project's folder. */
  readonly root: string;
  readonly stack: string;
  readonly raw: RawSettings;
  /** True where some settings cannot be read here. */
  readonly partial?: boolean;
  /** Which of the files that settings name are read; all by default. */
  readonly files?: readonly ("executable" | "secrets")[];
  /** The engine's architecture, if it is known. Asked for only where there is a problem anyway. */
  readonly arch: () => Promise<Arch | undefined>;
}

/**
 * Reads a stack's configuration. Whether the executable is for the engine's architecture is left to its delivery.
 * @throws UserError with every problem of the settings and of the files that they name
 */
export async function readConfiguration(args: ConfigurationArgs): Promise<Configuration> {
  const { root, stack, raw, partial, files = ["executable", "secrets"], arch } = args;
  const { settings, problems, stated } = checkSettings(raw, partial);
  const errors: UserError[] = [];
  const note = (error: unknown): undefined => {
    if (!(error instanceof UserError)) throw error;
    errors.push(error);
  };
  const binary = files.includes("executable") && stated("service.image") === undefined ? stated("service.binary") : undefined;
  const file = files.includes("secrets") ? stated("secrets.file") : undefined;
  const load = (path: string) => loadForAnyEngine(root, path).catch(async (error) => note(await toldForEngine(error, root, path, arch)));
  const executable = binary === undefined ? undefined : await load(binary);
  const secrets = file === undefined ? undefined : attempt(() => readSecretsFile(root, file), note);
  const sources = files.includes("executable") && stated("build.command") !== undefined ? stated("build.folder") : undefined;
  if (sources !== undefined) attempt(() => checkFolder(root, sources), note);
  if (settings !== undefined && errors.length === 0) return { settings, secrets, executable };
  if (executable !== undefined) {
    const engines = await arch();
    if (engines !== undefined) attempt(() => checkExecutable(executable.bytes, executable.shown, engines), note);
  }
  const [first, ...more] = errors;
  if (settings !== undefined && first !== undefined && more.length === 0) throw first;
  throw new ConfigError(stack, [...problems, ...errors.map(({ message }) => message)]);
}

/** What is wrong with an executable, with the command that builds one for this engine. */
async function toldForEngine(error: unknown, root: string, binary: string, arch: ConfigurationArgs["arch"]): Promise<unknown> {
  const engines = error instanceof UserError ? await arch() : undefined;
  if (engines === undefined) return error;
  return await loadForAnyEngine(root, binary, engines).then(
    () => error,
    (told: unknown) => told,
  );
}

/** An engine that is asked to mount a folder which is not there would make it. */
function checkFolder(root: string, folder: string): void {
  if (statSync(resolve(root, folder), { throwIfNoEntry: false })?.isDirectory() === true) return;
  throw new UserError(`setting nitro:build.folder is ${folder}: there is no such folder; needed is the one that holds your sources`);
}

function attempt<T>(work: () => T, note: (error: unknown) => undefined): T | undefined {
  try {
    return work();
  } catch (error) {
    return note(error);
  }
}
