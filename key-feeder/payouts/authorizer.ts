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

/** @property until by Redis's clock, in milliseconds */
type Later = { readonly action: "nothing" } | { readonly action: "wait"; readonly until: number; readonly missing: number };

export type Decision =
  | Later
  | {
      readonly action: "authorize";
      readonly payments: readonly PreparedPayment[];
      /** Custodians of these move real money and nobody has listed them. */
      readonly leftAlone: readonly PreparedPayment[];
      /** How many payments of the payout are not prepared. */
      readonly missing: number;
    };

/** A payment that the first operator has authorized and the second has not. */
export interface FirstAuthorized {
  /** As `paymentKey` writes it. */
  readonly payment: string;
  readonly documentId: string;
}

/** What is known of such payments of a payout. */
export interface AnsweredView {
  /** Those whose first authorization was answered. */
  readonly answered: readonly FirstAuthorized[];
  /** How many first authorizations were not answered yet. */
  readonly missing: number;
  /** When the newest of the answers came, by Redis's clock, in milliseconds. */
  readonly newestAt: number;
}

export type SecondDecision =
  | Later
  | { readonly action: "authorize"; readonly payments: readonly FirstAuthorized[]; readonly missing: number };

/**
 * Decides what the first operator does about a payout, by what Redis holds and nothing else:
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
  const missing = Math.max(0, count - dealtWith - pending.length);
  const later = notYet(pending.length, missing, newestAt, rules.quietMs, now);
  if (later !== undefined) return later;
  const payments = pending.filter(({ custodian }) => mayAuthorize(custodian, rules.custodians));
  const leftAlone = pending.filter(({ custodian }) => !mayAuthorize(custodian, rules.custodians));
  return { action: "authorize", payments, leftAlone, missing };
}

/**
 * Decides what the second operator does: a payment is only ever authorized by the second once the first's authorization of it was answered.
 * Programs read a payment and write it in two transactions, and workers send what they find side by side: of two authorizations that meet
 * one is lost, and the payment stays prepared for ever.
 * @param now by Redis's clock, in milliseconds
 */
export function decideSecond({ answered, missing, newestAt }: AnsweredView, rules: Rules, now: number): SecondDecision {
  return notYet(answered.length, missing, newestAt, rules.quietMs, now) ?? { action: "authorize", payments: answered, missing };
}

/** All go together; where some are missing, the others wait for them no longer than `quietMs` after the newest. */
function notYet(ready: number, missing: number, newestAt: number, quietMs: number, now: number): Later | undefined {
  if (ready === 0) return { action: "nothing" };
  const until = newestAt + quietMs;
  return missing > 0 && now < until ? { action: "wait", until, missing } : undefined;
}

/** dryrun-* move no money; all others have to be listed. */
export function mayAuthorize(custodian: string, listed: readonly string[]): boolean {
  return custodian.startsWith("dryrun-") || listed.includes(custodian);
}
