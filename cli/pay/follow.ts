import type { Context } from "../../common/context.ts";
import { UserError } from "../../common/errors.ts";
import { heartbeat, Progress, seconds } from "../../common/progress.ts";
import { type Look, type Moment, wait } from "../../common/waiting.ts";
import type { PaymentView } from "../../operators/payouts/payout.ts";
import { stalledProblem } from "../../operators/payouts/problem.ts";
import type { PayoutStack } from "./connection.ts";
import { observe } from "./observe.ts";

/** After so long without news it is worth looking why, and again each time as long. What the program says is told at once. */
const lookMs = 1_000;
/** After so long it is worth saying that nothing is known. */
const noteMs = 8_000;
/** After so long it is sure that what the program refuses it goes on to refuse. */
const refusedMs = 5_000;
/** News come one by one: what arrives meanwhile is shown together. */
const restMs = 50;

/** A look at a payout that is being followed. */
export interface PayoutLook<T> {
  /** How it is, in a few words. */
  readonly shown: string;
  /** Something has come since the last look. */
  readonly news: boolean;
  /** The end: nothing more is waited for. */
  readonly done?: T | undefined;
}

/** What to follow, and until when. */
export interface Following<T> {
  readonly payoutId: string;
  readonly timeoutMs: number;
  /** Of something long: a line now and then tells how far it is, where no terminal shows it live. */
  readonly long?: boolean;
  look(): Promise<PayoutLook<T>>;
  /** All payments, for whoever asks why nothing moves. */
  payments(): Promise<readonly PaymentView[]>;
}

/**
 * Follows a payout to the end that is waited for, and says why it does not move where it does not.
 * @returns undefined where the user stopped following
 * @throws UserError when nothing moves any more
 */
export async function followPayout<T>(stack: PayoutStack, context: Context, following: Following<T>): Promise<T | undefined> {
  const { signal, stderr } = context;
  const { name, redis, payout } = stack;
  const { payoutId, timeoutMs, long = false } = following;
  const progress = new Progress(stderr);
  const beat = heartbeat(progress);
  const stalled = async () => {
    const observed = await observe(name, context, redis, payoutId);
    const found = stalledProblem({ stack: name, payoutId, custodian: payout.custodian }, await following.payments(), observed);
    return { ...found, certain: observed.says !== undefined || observed.behind !== undefined || observed.stopped.length > 0 };
  };
  let shown = "";
  let told = "";
  let toldAt = 0;
  let nextLook = 0;
  const look = async ({ waited, silent }: Moment): Promise<Look<T>> => {
    const { shown: now, news, done } = await following.look();
    if (long) beat(now, seconds(waited));
    else {
      if (now !== shown && !progress.live) progress.line(`  ${now} ${seconds(waited)}`);
      progress.status(`${now} ${seconds(waited)}`);
    }
    shown = now;
    if (done !== undefined) return { found: done };
    if (!news && silent >= lookMs && waited >= nextLook) {
      const { message, hint, certain, refused } = await stalled();
      if (message !== told && (certain || silent >= noteMs)) {
        progress.line(`no news for ${seconds(silent)}: ${message} (${hint})`);
        [told, toldAt] = [message, waited];
      }
      if (refused === true && timeoutMs !== Infinity && waited - toldAt >= refusedMs)
        throw new UserError(`payout ${payoutId}: ${message}`, hint);
      nextLook = waited + lookMs;
    }
    return { seen: now, news };
  };
  const waited = await wait({ what: `payout ${payoutId}`, look }, { timeoutMs, intervalMs: restMs, signal });
  if (waited.end === "stopped") {
    progress.line(`stopped following; the payout goes on: ./nitro pay status ${payoutId} -s ${name}`);
    return undefined;
  }
  progress.status(undefined);
  if (waited.end === "found") return waited.value;
  const { message, hint } = await stalled();
  throw new UserError(`no news of payout ${payoutId} for ${seconds(timeoutMs)}: ${message}`, hint);
}
