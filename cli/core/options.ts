import { resolve } from "node:path";
import type { Context } from "../../common/context.ts";
import { UsageError, UserError } from "../../common/errors.ts";
import type { SettingChanges } from "../../model/settings-file.ts";
import type { Options } from "./declaration.ts";

const modes = ["auto", "manual"] as const;

/** Of commands that declare something. */
export const takeOverOption = {
  "take-over": { type: "boolean", help: "do not ask where another clone of this project brought the stack up" },
} as const satisfies Options;

/** Options that are written to the stack's settings, so that plain `pulumi up` sees them too. */
export const settingOptions = {
  binary: { type: "string", placeholder: "FILE", complete: "files", help: "the payments executable" },
  sample: { type: "boolean", help: "go back to the sample: takes your executable, image or build command out of the settings" },
  secrets: { type: "string", placeholder: "FILE", complete: "files", help: "the program's secrets: one flat JSON object of strings" },
  bootstrap: { type: "string", words: modes, help: "manual: the service stays sealed until operators bring their shares" },
  authorization: { type: "string", words: modes, help: "manual: prepared payments wait for operators" },
} as const satisfies Options;

/** Nothing names an executable. */
const sampleRuns: SettingChanges = { "service.binary": null, "service.image": null, "build.command": null };

interface Values {
  readonly binary?: string | undefined;
  readonly sample?: boolean | undefined;
  readonly secrets?: string | undefined;
  readonly bootstrap?: string | undefined;
  readonly authorization?: string | undefined;
}

/**
 * The settings that a command line asks for. Whether the executable is fit to run is for the program to say.
 * @throws UsageError where one option says what another one excludes
 */
export function settingChanges(
  { binary, sample, secrets, bootstrap, authorization }: Values,
  { cwd }: Pick<Context, "cwd">,
): SettingChanges {
  const path = (file: string | undefined) => (file === undefined ? undefined : resolve(cwd, file));
  if (sample && binary !== undefined) throw new UsageError("--binary and --sample: allowed is one of them");
  return {
    ...(sample ? sampleRuns : { "service.binary": path(binary) }),
    "secrets.file": path(secrets),
    bootstrap,
    "authorization.mode": authorization,
  };
}

/**
 * Reads the configuration that a command line changes: what is wrong with a setting that an option has said is told with that option.
 * @throws UserError
 */
export async function namingOptions<T>({ secrets }: Pick<Values, "secrets">, reading: Promise<T>): Promise<T> {
  try {
    return await reading;
  } catch (error) {
    if (secrets === undefined || !(error instanceof UserError)) throw error;
    // Whoever reads the file knows the setting alone.
    const message = error.message.replace("setting nitro:secrets.file is ", "--secrets (setting nitro:secrets.file) is ");
    throw message === error.message ? error : new UserError(message, error.hint, { cause: error });
  }
}
