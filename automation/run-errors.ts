import { AsyncLocalStorage } from "node:async_hooks";
import { trace } from "../common/trace.ts";

type Listener = (...args: unknown[]) => void;

/** A listener of a run. */
interface RunListener extends Listener {
  /** True once the run has ended. */
  over?: boolean;
}

const events = ["uncaughtException", "unhandledRejection"] as const;

/** How long a run's errors may come after its end, in ms. */
const lateMs = 60_000;

/**
 * Keeps what a run of a program leaves behind away from the runs after it. Pulumi's language server listens to every error of the process while a
 * program runs (sdk/nodejs/automation/server.ts): in a process that runs one program after the other, promises of a run that has failed are rejected
 * late, and would fail the next one, or end the process where none runs.
 * @param begin begins a run; listens to the process's errors before it returns. It gets what is to be called when the run is over
 * @param contextOf the run that the caller is in; undefined outside of all
 * @param ownContext the same of this run; undefined before its program has begun, and once nothing is left of it
 */
export function keepOwnErrors(begin: (onEnd: () => void) => void, contextOf: () => unknown, ownContext: () => unknown): void {
  // A timer that is begun inside of a run keeps all of it.
  const outside = AsyncLocalStorage.snapshot();
  const known = events.map((event) => new Set(listenersOf(event)));
  begin(() => {
    for (const [, listener] of own) listener.over = true;
    outside(() => setTimeout(release, lateMs).unref());
  });
  const own = events.flatMap((event, index) =>
    listenersOf(event)
      .filter((listener) => known[index]?.has(listener) === false)
      .map((listener) => {
        process.off(event, listener);
        const filtered: RunListener = (error, ...more) => {
          const context = contextOf();
          const ours = ownContext();
          if (context !== undefined && context !== ours && (ours !== undefined || filtered.over)) return;
          if (filtered.over !== true) listener(error, ...more);
          else if (context !== undefined) trace(process.env, `late error of a run that has ended: ${String(error)}`);
          // It is nobody's: as if this listener were not there.
          else if (listenersOf(event).every(({ over }) => over)) throw error;
        };
        process.on(event, filtered);
        return [event, filtered] as const;
      }),
  );
  const release = () => {
    for (const [event, listener] of own) process.off(event, listener);
  };
}

function listenersOf(event: (typeof events)[number]): RunListener[] {
  return process.listeners(event as "exit") as RunListener[];
}
