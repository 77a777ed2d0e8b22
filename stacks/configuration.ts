import { statSync } from "node:fs";
import { resolve } from "node:path";
import { UserError } from "../common/errors.ts";
import type { MountedFile } from "../components/executable.ts";
import type { Arch } from "../docker/types.ts";
import { checkHeaders } from "../executable/check.ts";
import { type LiveRole, liveRoles } from "../executable/live-override.ts";
import { type ConfiguredExecutable, loadForAnyEngine } from "../executable/loading.ts";
import { type CheckedSettings, ConfigError, checkSettings, type RawSettings, type Settings } from "../model/settings.ts";
import { findExtras } from "./extras-file.ts";
import { ofHost, readMount, readWritable } from "./mounts.ts";
import { readOperatorKeys } from "./operator-keys.ts";
import { plainSecrets } from "./plain-secrets.ts";
import { readSecretsFile } from "./secrets-file.ts";

/** A stack's settings and the files that they name, all read and checked. */
export interface Configuration {
  readonly settings: Settings;
  /** The developer's own secrets as JSON text; undefined for made-up ones. */
  readonly secrets: string | undefined;
  /** The one that service.binary names; undefined where it is an image's, or built. */
  readonly executable: ConfiguredExecutable | undefined;
  /** The operators' own private keys, PKCS#8 PEM; undefined for those that the key-feeder makes. */
  readonly operatorKeys: readonly string[] | undefined;
  /** The files and folders that the executable is to see, by the role. */
  readonly mounts: Readonly<Record<LiveRole, readonly MountedFile[]>>;
}

type NamedFiles = "extras" | "executable" | "secrets" | "mounts" | "operators";

/** The files that are read where the executable is another one than the settings name. */
export const besideExecutable: readonly NamedFiles[] = ["secrets", "mounts", "operators", "extras"];

export interface ConfigurationArgs {
  /** The project's folder. */
  readonly root: string;
  readonly stack: string;
  readonly raw: RawSettings;
  /** True where some settings cannot be read here. */
  readonly partial?: boolean;
  /** Which of the files that settings name are read; all by default. */
  readonly files?: readonly NamedFiles[];
  /** True where the executable is about to run: it is staged while it is read, if the stack has run others. */
  readonly toRun?: boolean | undefined;
  /** True where (a part of) a key such as "nitro:service" is encrypted in the configuration that was decrypted for here; never by default. */
  readonly isSecret?: (key: string) => boolean;
  /** The engine's architecture, if it is known. Asked for only where there is a problem anyway. */
  readonly arch: () => Promise<Arch | undefined>;
}

/**
 * Reads a stack's configuration. Whether the executable is for the engine's architecture is left to its delivery.
 * @throws UserError with every problem of the settings and of the files that they name
 */
export async function readConfiguration(args: ConfigurationArgs): Promise<Configuration> {
  const { root, stack, raw, partial, files = ["executable", ...besideExecutable], isSecret = () => false, arch } = args;
  const { settings, problems, stated, statedList } = checkSettings(raw, partial);
  const errors: UserError[] = [];
  const note = (error: unknown): undefined => {
    if (!(error instanceof UserError)) throw error;
    errors.push(error);
  };
  const binary = files.includes("executable") && stated("service.image") === undefined ? stated("service.binary") : undefined;
  const file = files.includes("secrets") ? stated("secrets.file") : undefined;
  const load = (path: string) =>
    loadForAnyEngine(root, path, undefined, args.toRun === true ? stack : undefined).catch(async (error) =>
      note(await toldForEngine(error, root, path, arch)),
    );
  const executable = binary === undefined ? undefined : await load(binary);
  const secrets = file === undefined ? undefined : attempt(() => readSecretsFile(root, file), note);
  const keys = files.includes("operators") ? statedKeys(stated, statedList) : undefined;
  const operatorKeys = keys === undefined ? undefined : attempt(() => readOperatorKeys(root, keys), note);
  const mounted = (setting: string) => (files.includes("mounts") ? statedList(setting) : []);
  const mounts = Object.fromEntries(
    liveRoles.map((role) => {
      const entries = [
        ...mounted(`${role}.files`).map((entry) => attempt(() => readMount(root, `${role}.files`, entry), note)),
        ...ofHost(mounted(`${role}.writable`)).map((entry) => attempt(() => readWritable(root, `${role}.writable`, entry), note)),
      ];
      return [role, entries.filter((entry) => entry !== undefined)];
    }),
  ) as Record<LiveRole, MountedFile[]>;
  const extras = files.includes("extras") ? stated("extras") : undefined;
  if (extras !== undefined) attempt(() => findExtras(root, extras), note);
  const sources = files.includes("executable") && stated("build.command") !== undefined ? stated("build.folder") : undefined;
  if (sources !== undefined) attempt(() => checkFolder(root, sources), note);
  for (const role of liveRoles) {
    const env = isSecret(`nitro:${role}`) ? {} : (settings?.[role].env ?? {});
    for (const problem of plainSecrets(stack, role, env)) errors.push(new UserError(problem));
  }
  if (settings !== undefined && errors.length === 0) return { settings, secrets, executable, operatorKeys, mounts };
  if (executable !== undefined) {
    const engines = await arch();
    if (engines !== undefined) attempt(() => checkHeaders(executable.headers, executable.shown, engines), note);
  }
  const [first, ...more] = errors;
  if (settings !== undefined && first !== undefined && more.length === 0) throw first;
  throw new ConfigError(stack, [...problems, ...errors.map(({ message }) => message)]);
}

function statedKeys(
  ...[stated, statedList]: [CheckedSettings["stated"], CheckedSettings["statedList"]]
): string | readonly string[] | undefined {
  const list = statedList("operators.keys");
  return list.length > 0 ? list : stated("operators.keys");
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
