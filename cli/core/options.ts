import { resolve } from "node:path";
import type { Context } from "../../common/context.ts";
import type { Changes } from "../../model/settings-file.ts";
import { oneOf } from "./command.ts";

/** Options that are written to the stack's settings, so that plain `pulumi up` sees them too. */
export const settingOptions = {
  binary: { type: "string" },
  bootstrap: { type: "string" },
  authorization: { type: "string" },
} as const;

const onOff = ["auto", "manual"] as const;

interface Values {
  readonly binary?: string | undefined;
  readonly bootstrap?: string | undefined;
  readonly authorization?: string | undefined;
}

/**
 * The settings that a command line asks for. Whether the executable is fit to run is for the program to say.
 * @throws UsageError for a word that is not allowed
 */
export function settingChanges(values: Values, context: Pick<Context, "cwd">): Changes {
  const binary = values.binary === undefined ? undefined : resolve(context.cwd, values.binary);
  return {
    ...(binary === undefined ? {} : { "service.binary": binary }),
    ...defined("bootstrap", oneOf("--bootstrap", values.bootstrap, onOff)),
    ...defined("authorization.mode", oneOf("--authorization", values.authorization, onOff)),
  };
}

function defined(path: string, value: string | undefined): Changes {
  return value === undefined ? {} : { [path]: value };
}
