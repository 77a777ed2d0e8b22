/** A failure that its reader can mend. Printed without a stack trace, as `error: <message>` and the hint below it. */
export class UserError extends Error {
  /** The command that mends it, or what else to do. */
  readonly hint: string | undefined;

  constructor(message: string, hint?: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "UserError";
    this.hint = hint;
  }
}

/** A command line that cannot be understood: main adds the command's usage. */
export class UsageError extends UserError {
  constructor(message: string) {
    super(message);
    this.name = "UsageError";
  }
}

/** Somebody asked the command to stop, and it did. The exit code is 130, as shells count SIGINT. */
export class InterruptedError extends UserError {
  constructor(message: string, hint = "the same command goes on from there") {
    super(message, hint);
    this.name = "InterruptedError";
  }
}

/** The code of a system error such as ENOENT, or undefined for any other value. */
export function errorCode(error: unknown): string | undefined {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : undefined;
}

/** The message of anything thrown. */
export function errorMessage(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
