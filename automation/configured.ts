import type { Context } from "../common/context.ts";
import { UserError } from "../common/errors.ts";
import { Engine } from "../docker/engine.ts";
import type { Arch } from "../docker/types.ts";
import { type SettingChanges, SettingsFile, settingsPath } from "../model/settings-file.ts";
import { type Configuration, type ConfigurationArgs, readConfiguration } from "../stacks/configuration.ts";

/** What a command works by: a stack's configuration, with what its command line changes of it. */
export interface Configured extends Configuration {
  /** Its name. */
  readonly stack: string;
  /** Its `write` makes the changes stay. */
  readonly file: SettingsFile;
  /** The same for the program; undefined where pulumi knows more of it, so that the program has to read it itself. */
  readonly forProgram: Configuration | undefined;
}

export interface ConfigureOptions extends Pick<ConfigurationArgs, "files" | "toRun"> {
  readonly changes?: SettingChanges;
  /** Another settings file than the stack's own; it has to be there. */
  readonly path?: string | undefined;
}

/** How long a command that fails anyway asks for the engine's architecture, in ms. */
const askMs = 1_000;

/**
 * Reads and checks everything that a command about a stack is configured by, once, before it does anything.
 * @throws UserError with every problem
 */
export async function configure(
  stack: string,
  context: Pick<Context, "root" | "env">,
  options: ConfigureOptions = {},
): Promise<Configured> {
  const { root, env } = context;
  const file = await SettingsFile.read(options.path ?? settingsPath(root, stack), options.changes, options.path === undefined);
  const { raw, complete } = file;
  const arch = () => engineArch(env);
  const configuration = await readConfiguration({ root, stack, raw, partial: !complete, files: options.files, toRun: options.toRun, arch });
  return { ...configuration, stack, file, forProgram: complete ? configuration : undefined };
}

/** @returns undefined where no engine answers */
async function engineArch(env: NodeJS.ProcessEnv): Promise<Arch | undefined> {
  try {
    return (await Engine.connect(env).ping({ timeoutMs: askMs })).arch;
  } catch {
    return undefined;
  }
}

/** True where the settings name an executable, or an image that has one; else one is built. */
export function bringsExecutable({ settings: { service }, file }: Pick<Configured, "settings" | "file">): boolean {
  return service.binary !== undefined || service.image !== undefined || file.hides("service.binary") || file.hides("service.image");
}

/**
 * For a command that itself has to know a setting.
 * @throws UserError where only pulumi can read it
 */
export function mustBePlain({ stack, file }: Pick<Configured, "stack" | "file">, ...settings: readonly string[]): void {
  const hidden = settings.find((setting) => file.hides(setting));
  if (hidden === undefined) return;
  throw new UserError(
    `nitro:${hidden} is encrypted in ${file.path}, and this command has to know it`,
    `pulumi config set --stack ${stack} --path nitro:${hidden} <value> (without --secret)`,
  );
}
