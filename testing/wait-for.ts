import { type Look, wait } from "../common/waiting.ts";

export interface WaitOptions {
  /** What is waited for, for the message: "payment 3 is paid". */
  readonly what: string;
  /** Milliseconds; 30 s by default. */
  readonly timeoutMs?: number;
  /** Milliseconds between two tries; 100 by default. */
  readonly intervalMs?: number;
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
  const { what, timeoutMs = 30_000, intervalMs = 100 } = options;
  const look = async (): Promise<Look<Exclude<T, undefined | false>>> => {
    try {
      const value = await check();
      return value === undefined || value === false ? { seen: "" } : { found: value as Exclude<T, undefined | false> };
    } catch (error) {
      return { seen: error instanceof Error ? error.message : String(error) };
    }
  };
  const waited = await wait({ what, look }, { timeoutMs, intervalMs });
  if (waited.end === "found") return waited.value;
  const last = waited.seen === "" ? "" : ` (last: ${waited.seen})`;
  throw new WaitTimeoutError(`waited ${timeoutMs} ms in vain: ${what}${last}`);
}
