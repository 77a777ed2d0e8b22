import { resolve } from "node:path";
import type { Context } from "../../common/context.ts";
import type { SettingChanges } from "../../model/settings-file.ts";
import type { Options } from "./declaration.ts";

const modes = ["auto", "manual"] as const;

/** Options that are written to the stack's settings, so that plain `pulumi up` sees them too. */
export const settingOptions = {
  binary: { type: "string", placeholder: "FILE", complete: "files", help: "the payments executable" },
  secrets: { type: "string", placeholder: "FILE", complete: "files", help: "the program's secrets: one flat JSON object of strings" },
  bootstrap: { type: "string", words: modes, help: "manual: the service stays sealed until operators bring their shares" },
  authorization: { type: "string", words: modes, help: "manual: prepared payments wait for operators" },
} as const satisfies Options;

interface Values {
  readonly binary?: string | undefined;
  readonly secrets?: string | undefined;
  readonly bootstrap?: string | undefined;
  readonly authorization?: string | undefined;
}

/** The settings that a command line asks for. Whether the executable is fit to run is for the program to say. */
export function settingChanges({ binary, secrets, bootstrap, authorization }: Values, { cwd }: Pick<Context, "cwd">): SettingChanges {
  const path = (file: string | undefined) => (file === undefined ? undefined : resolve(cwd, file));
  return {
    "service.binary": path(binary),
    "secrets.file": path(secrets),
    bootstrap,
    "authorization.mode": authorization,
  };
}
