import { InterruptedError } from "./errors.ts";

/** What a command says on the first Ctrl-C, where it can stop cleanly. */
export const stoppingText = "stopping cleanly, Ctrl-C again to end at once";

/** What ends a command that was stopped in time. */
export function stoppedBefore(stack: string): InterruptedError {
  return new InterruptedError(`stopped cleanly, before anything of stack "${stack}" was changed`);
}
