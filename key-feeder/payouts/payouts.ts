import { randomUUID } from "node:crypto";
import { setImmediate as turn } from "node:timers/promises";
import { manualKey, paths, prepareConfigStream, responseStream } from "../contract.ts";
import { type FeederLog, problem } from "../log.ts";
import type { Decision, Rules, SecondDecision } from "./authorizer.ts";
import {
  type PreparedPayment,
  parseAnswer,
  parseOrder,
  paymentKey,
  preparedPayment,
  type RequestMessage,
  submittedPayment,
} from "./messages.ts";
import { Payout } from "./payout.ts";
import type { Signer } from "./signer.ts";
import type { StoredPayout, StreamEntry, Streams, SubmitResult } from "./streams.ts";

export interface PayoutsArgs {
  readonly streams: Streams;
  /** The first operator and the second. */
  readonly signers: readonly [Signer, Signer];
  readonly serviceHost: string;
  readonly rules: Rules;
  readonly log: FeederLog;
}

/** How long one read waits: also how soon a payout that a person gave back is noticed. */
const readMs = 1_000;

/**
 * Authorizes payouts as both operators would. Redis remembers what was done; this holds what was read since.
 * After any failure make a new one: it starts from what Redis holds.
 */
export class Payouts {
  private readonly args: PayoutsArgs;
  private readonly payouts = new Map<string, Payout>();
  private orders = "";

  constructor(args: PayoutsArgs) {
    this.args = args;
  }

  /** Reads what Redis remembers. To be called once, first. */
  async load(): Promise<void> {
    const { position, payouts } = await this.args.streams.load();
    this.orders = position;
    for (const stored of payouts) await this.add(stored);
  }

  /** One round: waits for news and acts on it. */
  async round(): Promise<void> {
    const { streams } = this.args;
    const payouts = [...this.payouts.values()];
    const positions = payouts.flatMap((payout) => payout.positions);
    const byStream = new Map(payouts.flatMap((payout) => payout.positions.map(([stream]) => [stream, payout])));
    const waiting = payouts.some(({ open, manual, refused }) => open && !manual && !refused);
    const entries = await streams.read(new Map([[prepareConfigStream, this.orders], ...positions]), waiting ? readMs / 4 : readMs);
    for (const [stream, answers] of Map.groupBy(entries, ({ stream }) => stream)) {
      const payout = byStream.get(stream);
      if (payout !== undefined) await this.readAnswers(payout, answers);
    }
    for (const entry of entries) if (entry.stream === prepareConfigStream) await this.readOrder(entry);
    const open = [...this.payouts.values()].filter((payout) => payout.open);
    if (open.length === 0) return;
    const now = await streams.now();
    for (const payout of open) await this.tryToAct(payout, now);
  }

  private async add(stored: StoredPayout): Promise<void> {
    const { payoutId } = stored;
    const known = this.payouts.get(payoutId);
    if (known === undefined) this.payouts.set(payoutId, new Payout(stored, await this.args.streams.firstOnly(payoutId)));
    else known.stored = { ...stored, position: known.stored.position, answered: known.stored.answered };
  }

  private async readOrder(entry: StreamEntry): Promise<void> {
    const { streams, log } = this.args;
    const order = parseOrder(entry.data);
    if (order === undefined) {
      log.warn(`an entry of ${prepareConfigStream} is not an order; it is passed over`, { entry: entry.id });
      await streams.skip(entry.id);
    } else {
      const { stored, known } = await streams.remember(order, entry.id);
      // What Redis has forgotten begins anew, though it has the name of one that was before.
      if (!known) this.payouts.delete(order.payoutId);
      await this.add(stored);
      log.info("payout ordered", { payoutId: order.payoutId, payments: order.count });
    }
    this.orders = entry.id;
  }

  /** Reads answers of one stream, which are either to prepare or to submit. */
  private async readAnswers(payout: Payout, entries: readonly StreamEntry[]): Promise<void> {
    const newest = entries.at(-1)?.id ?? "";
    if (entries[0]?.stream === responseStream(payout.stored.stream)) {
      await this.readPrepared(payout, entries);
      payout.stored = { ...payout.stored, position: newest };
    } else {
      for (const entry of entries) {
        const payment = submittedPayment(parseAnswer(entry.data));
        if (payment !== undefined) payout.wasAnswered(payment, time(entry));
      }
      payout.stored = { ...payout.stored, answered: newest };
    }
  }

  private async readPrepared(payout: Payout, entries: readonly StreamEntry[]): Promise<void> {
    const { streams, log } = this.args;
    const { payoutId } = payout.stored;
    const found: { payment: PreparedPayment; at: number }[] = [];
    for (const entry of entries) {
      const payment = preparedPayment(parseAnswer(entry.data));
      if (payment !== undefined && payment.payoutId !== payoutId)
        log.warn("an answer belongs to another payout; it is passed over", { payoutId, entry: entry.id, other: payment.payoutId });
      else if (payment !== undefined) found.push({ payment, at: time(entry) });
    }
    const documents = found.map(({ payment }) => payment.documentId);
    const before = await streams.dealtWith(payoutId, documents);
    for (const { payment, at } of found) if (!before.has(payment.documentId)) payout.wasPrepared(payment, at);
  }

  /** What Redis refuses for one payout, such as a key of another type, is no reason to leave the others. */
  private async tryToAct(payout: Payout, now: number): Promise<void> {
    try {
      await this.act(payout, now);
      payout.refused = false;
    } catch (error) {
      if (!(error instanceof Error) || error.name !== "ReplyError") throw error;
      const { payoutId } = payout.stored;
      if (!payout.refused) this.args.log.error("Redis refused the authorizations of a payout", { payoutId, reason: problem(error) });
      payout.refused = true;
    }
  }

  private async act(payout: Payout, now: number): Promise<void> {
    const { streams, rules } = this.args;
    const first = payout.decideFirst(rules, now);
    const second = payout.decideSecond(rules, now);
    if (first.action !== "authorize" && second.action !== "authorize") return;
    if (await streams.isManual(payout.stored.payoutId)) return this.leave(payout);
    if (first.action === "authorize") await this.authorizeFirst(payout, first);
    if (second.action === "authorize") await this.authorizeSecond(payout, second);
  }

  private async authorizeFirst(payout: Payout, decision: Extract<Decision, { action: "authorize" }>): Promise<void> {
    const { streams, log } = this.args;
    const { payoutId, position } = payout.stored;
    const payments = decision.payments.map((payment) => ({ documentId: payment.documentId, payment: paymentKey(payment) }));
    const authorizations = await this.sign(0, payoutId, payments);
    const leftAlone = decision.leftAlone.map(({ documentId }) => documentId);
    const result = await streams.submitFirst(payout.stored, position, authorizations, leftAlone);
    if (!this.wasDone(payout, result)) return;
    payout.firstIsDone(await streams.firstOnly(payoutId));
    if (result.fresh > 0) log.info("authorized by the first operator", { payoutId, payments: result.fresh });
    if (decision.missing > 0)
      log.warn("some payments of this payout are not prepared; they are authorized once they are", { payoutId, missing: decision.missing });
    if (leftAlone.length > 0) {
      const custodians = [...new Set(decision.leftAlone.map(({ custodian }) => custodian))];
      const hint =
        "these custodians move money: authorize by hand, or list them under nitro:authorization.custodians and make a new payout";
      log.warn(`payments left alone; ${hint}`, { payoutId, payments: leftAlone.length, custodians });
    }
  }

  private async authorizeSecond(payout: Payout, decision: Extract<SecondDecision, { action: "authorize" }>): Promise<void> {
    const { streams, log } = this.args;
    const { payoutId, answered } = payout.stored;
    const result = await streams.submitSecond(payout.stored, answered, await this.sign(1, payoutId, decision.payments));
    if (!this.wasDone(payout, result)) return;
    payout.secondIsDone();
    if (result.fresh > 0) log.info("authorized by both operators", { payoutId, payments: result.fresh });
    if (decision.missing > 0)
      log.warn("some first authorizations of this payout have no answer; the second ones wait for them", {
        payoutId,
        missing: decision.missing,
      });
  }

  /** @returns false where a person has taken over the payout. @throws Error where Redis does not remember it */
  private wasDone(payout: Payout, { outcome }: SubmitResult): boolean {
    if (outcome === "unknown") throw new Error("Redis lost what it remembered; reading all of it anew");
    if (outcome === "manual") this.leave(payout);
    else payout.manual = false;
    return outcome === "done";
  }

  private leave(payout: Payout): void {
    if (!payout.manual) this.args.log.info(`left to a person: the payout is in ${manualKey}`, { payoutId: payout.stored.payoutId });
    payout.manual = true;
  }

  /** Signing thousands takes seconds: others get their turn in between. */
  private async sign<P extends { readonly documentId: string }>(
    operator: 0 | 1,
    payoutId: string,
    payments: readonly P[],
  ): Promise<(P & { readonly message: RequestMessage })[]> {
    const { signers, serviceHost } = this.args;
    const signed: (P & { readonly message: RequestMessage })[] = [];
    for (const payment of payments) {
      if (signed.length % 100 === 99) await turn();
      const date = new Date();
      const body = JSON.stringify({ documentId: payment.documentId, payoutId });
      const request = signers[operator].sign(paths.submit, serviceHost, body, date);
      signed.push({ ...payment, message: { id: randomUUID(), timestamp: date.toISOString(), request } });
    }
    return signed;
  }
}

/** When an entry was put on its stream, in milliseconds by Redis's clock. */
function time(entry: StreamEntry): number {
  return Number(entry.id.split("-")[0]);
}
