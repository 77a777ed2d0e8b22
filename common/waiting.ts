import { setTimeout as pause } from "node:timers/promises";
import { InterruptedError, UserError } from "./errors.ts";
import { seconds } from "./progress.ts";

/** Time, as whoever waits sees it. */
export interface Clock {
  /** Milliseconds; only differences count. */
  now(): number;
  /** @param signal ends the pause early; that is no error */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

export const systemClock: Clock = {
  now: () => performance.now(),
  sleep: (ms, signal) => pause(ms, undefined, { signal }).catch(() => undefined),
};

/** What a look found: that which is waited for, or the state as it is instead. */
export type Look<T> =
  | { readonly found: T }
  | {
      /** For the message where the time is over before it is found. */
      readonly seen: string;
      /** Something moved: the time begins anew. */
      readonly news?: boolean;
    };

/** How long was waited when a look begins, in ms. */
export interface Moment {
  readonly waited: number;
  /** Since the last news. */
  readonly silent: number;
}

/** How to find out whether what is waited for has come true. */
export interface Strategy<T> {
  /** What is waited for, as in "waited 20.0s in vain for …". */
  readonly what: string;
  /** Looks once. @throws what makes further waiting pointless */
  look(moment: Moment): Promise<Look<T>>;
}

export interface WaitLimits {
  /** How long to wait since the beginning or the last news, in ms; for ever by default. The last look comes when the time is over. */
  readonly timeoutMs?: number;
  /** Between two looks, in ms. */
  readonly intervalMs: number;
  /** Ends the waiting. */
  readonly signal?: AbortSignal | undefined;
  readonly clock?: Clock;
}

/** How the waiting ended. */
export type Waited<T> = { readonly end: "found"; readonly value: T } | InVain;

/** late: the time was over; stopped: the signal came. */
export interface InVain {
  readonly end: "late" | "stopped";
  /** The state last seen. */
  readonly seen: string;
  /** How long, in ms. */
  readonly waited: number;
}

/** The time is over; the message says for what was waited, how long, and the state last seen. */
export class DeadlineError extends UserError {
  override readonly name = "DeadlineError";
}

/**
 * Looks until what is waited for is found: for those who go on in any case.
 * @throws what a look throws, at once
 */
export async function wait<T>(
  strategy: Strategy<T>,
  { timeoutMs = Infinity, intervalMs, signal, clock = systemClock }: WaitLimits,
): Promise<Waited<T>> {
  const began = clock.now();
  let newsAt = began;
  let seen = "";
  for (;;) {
    const now = clock.now();
    if (signal?.aborted === true) return { end: "stopped", seen, waited: now - began };
    const look = await strategy.look({ waited: now - began, silent: now - newsAt });
    if ("found" in look) return { end: "found", value: look.found };
    seen = look.seen;
    const then = clock.now();
    if (look.news === true) newsAt = then;
    const left = newsAt + timeoutMs - then;
    if (left <= 0) return { end: "late", seen, waited: then - began };
    await clock.sleep(Math.min(intervalMs, left), signal);
  }
}

/**
 * Waits for work until somebody stops the command: what is under way then ends with the process.
 * @param why the error that says how far it came
 */
export async function unlessStopped<T>(work: Promise<T>, signal: AbortSignal, why: () => InterruptedError): Promise<T> {
  const stopped = Promise.withResolvers<never>();
  const stop = () => stopped.reject(why());
  if (signal.aborted) stop();
  signal.addEventListener("abort", stop, { once: true });
  try {
    return await Promise.race([work, stopped.promise]);
  } finally {
    signal.removeEventListener("abort", stop);
  }
}

/** "waited 20.0s in vain for an answer of every part: service does not answer" */
export function inVain(what: string, { seen, waited }: InVain): string {
  return `waited ${seconds(waited)} in vain for ${what}${seen === "" ? "" : `: ${seen}`}`;
}

/**
 * Looks until what is waited for is found.
 * @param hint what mends it where it is not found in time
 * @throws DeadlineError, InterruptedError where the signal came first, and what a look throws, at once
 */
export async function waitUntil<T>(strategy: Strategy<T>, limits: WaitLimits, hint?: string): Promise<T> {
  const waited = await wait(strategy, limits);
  if (waited.end === "found") return waited.value;
  if (waited.end === "stopped") throw new InterruptedError(`stopped while waiting for ${strategy.what}`);
  throw new DeadlineError(inVain(strategy.what, waited), hint);
}
