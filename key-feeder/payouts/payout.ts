import { responseStream, submitStream } from "../contract.ts";
import { type Decision, decide, decideSecond, type FirstAuthorized, type Rules, type SecondDecision } from "./authorizer.ts";
import type { PreparedPayment } from "./messages.ts";
import type { StoredPayout } from "./streams.ts";

/** A payout as Redis remembers it, and the answers that were read since and not dealt with. Nothing here asks or tells anybody. */
export class Payout {
  stored: StoredPayout;
  /** Left to a person, and said so. */
  manual = false;
  /** Redis refused it, and we said so. */
  refused = false;
  private readonly prepared = new Map<string, PreparedPayment>();
  private preparedAt = 0;
  /** What waits for the second operator: payment → documentId. */
  private firstOnly: ReadonlyMap<string, string>;
  /** Those of them whose first authorization was answered. */
  private readonly answered = new Map<string, FirstAuthorized>();
  private answeredAt = 0;

  /** @param firstOnly payments that the first operator has authorized and the second has not: `paymentKey` → documentId */
  constructor(stored: StoredPayout, firstOnly: ReadonlyMap<string, string>) {
    this.stored = stored;
    this.firstOnly = firstOnly;
  }

  /** The streams to read on, each with the newest entry that was read. Answers to submit matter as long as some are expected. */
  get positions(): [stream: string, position: string][] {
    const { payoutId, stream, position, answered } = this.stored;
    const preparing: [string, string] = [responseStream(stream), position];
    return this.firstOnly.size === 0 ? [preparing] : [preparing, [responseStream(submitStream(payoutId)), answered]];
  }

  /** True as long as an operator has something to do. */
  get open(): boolean {
    return this.prepared.size > 0 || this.answered.size > 0;
  }

  /**
   * A payment of this payout was prepared that no operator has dealt with.
   * @param at when, by Redis's clock, in milliseconds
   */
  wasPrepared(payment: PreparedPayment, at: number): void {
    if (this.prepared.has(payment.documentId)) return;
    this.prepared.set(payment.documentId, payment);
    this.preparedAt = at;
  }

  /**
   * An authorization was answered; only the first one of a payment is of interest.
   * @param payment as `paymentKey` writes it
   * @param at when, by Redis's clock, in milliseconds
   */
  wasAnswered(payment: string, at: number): void {
    const documentId = this.firstOnly.get(payment);
    if (documentId === undefined || this.answered.has(payment)) return;
    this.answered.set(payment, { payment, documentId });
    this.answeredAt = at;
  }

  /** @param now by Redis's clock, in milliseconds */
  decideFirst(rules: Rules, now: number): Decision {
    const { count, dealtWith } = this.stored;
    return decide({ count, dealtWith, pending: [...this.prepared.values()], newestAt: this.preparedAt }, rules, now);
  }

  /** @param now by Redis's clock, in milliseconds */
  decideSecond(rules: Rules, now: number): SecondDecision {
    const missing = this.firstOnly.size - this.answered.size;
    return decideSecond({ answered: [...this.answered.values()], missing, newestAt: this.answeredAt }, rules, now);
  }

  /** The first operator has dealt with all that was prepared. @param firstOnly as Redis remembers it now */
  firstIsDone(firstOnly: ReadonlyMap<string, string>): void {
    this.stored = { ...this.stored, dealtWith: this.stored.dealtWith + this.prepared.size };
    this.prepared.clear();
    this.firstOnly = firstOnly;
  }

  /** The second operator has authorized all that was answered. */
  secondIsDone(): void {
    this.firstOnly = new Map([...this.firstOnly].filter(([payment]) => !this.answered.has(payment)));
    this.answered.clear();
  }
}
