import { type Look, wait } from "../common/waiting.ts";

/** So long may the last try take once the time is over, in ms: a check may hang on what does not answer. */
const lastTryMs = 5_000;

/** Node's timers take no more: https://nodejs.org/api/timers.html#settimeoutcallback-delay-args */
const longestTimerMs = 2 ** 31 - 1;

export interface WaitOptions {
  /** What is waited for, for the message: "payment 3 is paid". */
  readonly what: string;
  /** Milliseconds; 30 s by default. */
  readonly timeoutMs?: number;
  /** Milliseconds between two tries; 100 by default. */
  readonly intervalMs?: number;
  /** Ends the waiting with its reason. */
  readonly signal?: AbortSignal;
}

/** It did not come true in time. */
export class WaitTimeoutError extends Error {
  override readonly name = "WaitTimeoutError";
}

/**
 * Tries until the check gives something that is not undefined and not false.
 *
 * @param check what it throws counts as "not yet"; the last of it is part of the message
 * @returns what the check gave
 * @throws WaitTimeoutError
 * @example await waitFor(async () => (await redis.exists("x")) === 1, { what: "x is there" });
 */
export async function waitFor<T>(check: () => T | Promise<T>, options: WaitOptions): Promise<Exclude<T, undefined | false>> {
  const { what, timeoutMs = 30_000, intervalMs = 100, signal } = options;
  const look = async (): Promise<Look<Exclude<T, undefined | false>>> => {
    try {
      const value = await check();
      return value === undefined || value === false ? { seen: "" } : { found: value as Exclude<T, undefined | false> };
    } catch (error) {
      return { seen: error instanceof Error ? error.message : String(error) };
    }
  };
  const hung = Promise.withResolvers<{ readonly end: "late"; readonly seen: string }>();
  const timer = setTimeout(
    () => hung.resolve({ end: "late", seen: "the check did not end" }),
    Math.min(timeoutMs + lastTryMs, longestTimerMs),
  );
  try {
    const waited = await Promise.race([wait({ what, look }, { timeoutMs, intervalMs, signal }), hung.promise]);
    if (waited.end === "found") return waited.value;
    signal?.throwIfAborted();
    const last = waited.seen === "" ? "" : ` (last: ${waited.seen})`;
    throw new WaitTimeoutError(`waited ${timeoutMs} ms in vain: ${what}${last}`);
  } finally {
    clearTimeout(timer);
  }
}
