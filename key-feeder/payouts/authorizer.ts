import type { PreparedPayment } from "./messages.ts";

/** What is known of a payout that was ordered to be prepared. */
export interface PayoutView {
  /** How many payments it has, by its largest order. */
  readonly count: number;
  /** How many of its payments were authorized or left alone already. */
  readonly dealtWith: number;
  /** Prepared payments that were not dealt with yet, each documentId once. */
  readonly pending: readonly PreparedPayment[];
  /** When the newest of them was answered, by Redis's clock, in milliseconds. */
  readonly newestAt: number;
}

export interface Rules {
  /** Custodians that may be authorized besides dryrun-*. */
  readonly custodians: readonly string[];
  /** How long no further payment must have been prepared before an incomplete payout goes on, in milliseconds. */
  readonly quietMs: number;
}

export type Decision =
  | { readonly action: "nothing" }
  /** @property until by Redis's clock, in milliseconds */
  | { readonly action: "wait"; readonly until: number; readonly missing: number }
  | {
      readonly action: "authorize";
      readonly payments: readonly PreparedPayment[];
      /** Custodians of these move real money and nobody has listed them. */
      readonly leftAlone: readonly PreparedPayment[];
      /** How many payments of the payout are not prepared. */
      readonly missing: number;
    };

/**
 * Decides what to do about a payout, by what Redis holds and nothing else:
 * - all its payments are prepared: authorize them together;
 * - some are not, and one was prepared within the last `quietMs`: the worker is still at it, wait;
 * - some are not, and no further one was prepared for `quietMs`: authorize those that are, so that one payment that cannot be prepared
 *   does not block the others. Those that are prepared later go the same way.
 *
 * Every payment is authorized because it was itself prepared, so a payout in parts is as safe as one in a piece.
 * @param now by Redis's clock, in milliseconds
 */
export function decide(payout: PayoutView, rules: Rules, now: number): Decision {
  const { pending, count, dealtWith, newestAt } = payout;
  if (pending.length === 0) return { action: "nothing" };
  const missing = Math.max(0, count - dealtWith - pending.length);
  const until = newestAt + rules.quietMs;
  if (missing > 0 && now < until) return { action: "wait", until, missing };
  const payments = pending.filter(({ custodian }) => mayAuthorize(custodian, rules.custodians));
  const leftAlone = pending.filter(({ custodian }) => !mayAuthorize(custodian, rules.custodians));
  return { action: "authorize", payments, leftAlone, missing };
}

/** dryrun-* move no money; all others have to be listed. */
export function mayAuthorize(custodian: string, listed: readonly string[]): boolean {
  return custodian.startsWith("dryrun-") || listed.includes(custodian);
}
