import { RunError } from "@pulumi/pulumi";
import { UserError } from "../common/errors.ts";

/** Whatever goes wrong is told without a stack trace, and with what mends it. */
export function asRunError(error: unknown): never {
  if (process.env.NITRO_DEBUG === "1" || !(error instanceof Error)) throw error;
  const hint = error instanceof UserError && error.hint !== undefined ? `\n  ${error.hint}` : "";
  throw new RunError(`${error.message}${hint}`);
}
