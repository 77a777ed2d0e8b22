import type { Progress } from "../common/progress.ts";
import { type Look, wait } from "../common/waiting.ts";
import { HeldError } from "./lock.ts";

/** How long a command waits for somebody else's change of a stack, in ms: a swap takes less. */
export const heldTimeoutMs = 30_000;

/** Between two looks whether somebody else's change of the stack is over, in ms. */
const heldIntervalMs = 200;

export interface Waiting {
  /** Is told at once for whom is waited. */
  readonly progress: Pick<Progress, "line">;
  /** Aborted: ends the waiting. */
  readonly signal: AbortSignal;
  /** In ms; for ever by default. */
  readonly timeoutMs?: number;
}

/**
 * Does what a stack has to be free for, as soon as it is.
 * @param work may be called again and again: it changes nothing where the stack is held
 * @throws HeldError where it is held for longer, or the waiting was ended
 */
export async function whenFree<T>(work: () => Promise<T>, { progress, signal, timeoutMs }: Waiting): Promise<T> {
  let held: HeldError | undefined;
  const strategy = {
    what: "the stack's lock",
    look: async (): Promise<Look<T>> => {
      try {
        return { found: await work() };
      } catch (error) {
        if (!(error instanceof HeldError)) throw error;
        if (held === undefined && !signal.aborted) progress.line(`waiting: ${error.message}`);
        held = error;
        return { seen: error.message };
      }
    },
  };
  const waited = await wait(strategy, { intervalMs: heldIntervalMs, signal, ...(timeoutMs !== undefined && { timeoutMs }) });
  if (waited.end === "found") return waited.value;
  if (held !== undefined) throw held;
  return await work();
}
