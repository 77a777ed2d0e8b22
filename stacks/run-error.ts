import { RunError } from "@pulumi/pulumi";

/** Whatever goes wrong is told without a stack trace. */
export function asRunError(error: unknown): never {
  if (process.env.NITRO_DEBUG === "1" || !(error instanceof Error)) throw error;
  throw new RunError(error.message);
}
