import { type Clock, systemClock } from "../common/waiting.ts";
import type { ContainerWatch } from "./container-watch.ts";
import { type WaitOptions, WaitTimeoutError, waitFor } from "./wait-for.ts";

/** How often containers are looked at, in ms. */
const lookMs = 250;

/**
 * Does as waitFor does, and fails as soon as a part has ended for which somebody waits: also while a check hangs, as it may on a program
 * that is gone.
 * @throws WaitTimeoutError, PartEndedError with the part's last log lines
 */
export async function waitForParts<T>(
  watch: Pick<ContainerWatch, "look">,
  check: () => T | Promise<T>,
  options: WaitOptions,
  clock: Clock = systemClock,
): Promise<Exclude<T, undefined | false>> {
  const done = new AbortController();
  const ended = Promise.withResolvers<never>();
  let paused: readonly string[] = [];
  const watching = async () => {
    while (!done.signal.aborted) {
      paused = await watch.look();
      await clock.sleep(lookMs, done.signal);
    }
  };
  watching().catch(ended.reject);
  const signal = options.signal === undefined ? done.signal : AbortSignal.any([done.signal, options.signal]);
  try {
    return await Promise.race([waitFor(check, { ...options, signal }), ended.promise]);
  } catch (error) {
    if (error instanceof WaitTimeoutError && paused.length > 0)
      throw new WaitTimeoutError(`${error.message}; ${paused.join(", ")} ${paused.length === 1 ? "is" : "are"} paused`, { cause: error });
    if (error instanceof Error && error.name === "PartEndedError") error.message = `waited for: ${options.what}; ${error.message}`;
    throw error;
  } finally {
    done.abort();
  }
}
