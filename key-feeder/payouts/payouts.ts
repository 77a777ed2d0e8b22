import { randomUUID } from "node:crypto";
import { setImmediate as turn } from "node:timers/promises";
import { manualKey, paths, prepareConfigStream, responseStream } from "../contract.ts";
import { type FeederLog, problem } from "../log.ts";
import { type Decision, decide, type Rules } from "./authorizer.ts";
import { type PreparedPayment, parseAnswer, parseOrder, preparedPayment } from "./messages.ts";
import type { Signer } from "./signer.ts";
import type { Authorization, StoredPayout, StreamEntry, Streams } from "./streams.ts";

export interface PayoutsArgs {
  readonly streams: Streams;
  readonly signers: readonly Signer[];
  readonly serviceHost: string;
  readonly rules: Rules;
  readonly log: FeederLog;
}

/** A payout and the answers that were read but not dealt with. */
interface Payout {
  stored: StoredPayout;
  /** The newest answer that was read. */
  position: string;
  readonly pending: Map<string, PreparedPayment>;
  newestAt: number;
  /** Left to a person, and said so. */
  manual: boolean;
  /** Redis refused it, and we said so. */
  refused: boolean;
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
    for (const stored of payouts) this.add(stored);
  }

  /** One round: waits for news and acts on it. */
  async round(): Promise<void> {
    const { streams } = this.args;
    const byStream = new Map([...this.payouts.values()].map((payout) => [responseStream(payout.stored.stream), payout]));
    const positions = new Map([...byStream].map(([stream, payout]) => [stream, payout.position]));
    const waiting = [...this.payouts.values()].some(({ pending, manual, refused }) => pending.size > 0 && !manual && !refused);
    const entries = await streams.read(new Map([[prepareConfigStream, this.orders], ...positions]), waiting ? readMs / 4 : readMs);
    for (const [payout, answers] of grouped(entries, byStream)) await this.readAnswers(payout, answers);
    for (const entry of entries) if (entry.stream === prepareConfigStream) await this.readOrder(entry);
    const open = [...this.payouts.values()].filter(({ pending }) => pending.size > 0);
    if (open.length === 0) return;
    const now = await streams.now();
    for (const payout of open) await this.tryToAct(payout, now);
  }

  private add(stored: StoredPayout): void {
    const known = this.payouts.get(stored.payoutId);
    if (known !== undefined) known.stored = stored;
    else
      this.payouts.set(stored.payoutId, {
        stored,
        position: stored.position,
        pending: new Map(),
        newestAt: 0,
        manual: false,
        refused: false,
      });
  }

  private async readOrder(entry: StreamEntry): Promise<void> {
    const { streams, log } = this.args;
    const order = parseOrder(entry.data);
    if (order === undefined) {
      log.warn(`an entry of ${prepareConfigStream} is not an order; it is passed over`, { entry: entry.id });
      await streams.skip(entry.id);
    } else {
      this.add(await streams.remember(order, entry.id));
      log.info("payout ordered", { payoutId: order.payoutId, payments: order.count });
    }
    this.orders = entry.id;
  }

  private async readAnswers(payout: Payout, entries: readonly StreamEntry[]): Promise<void> {
    const { streams, log } = this.args;
    const { payoutId } = payout.stored;
    const found: { payment: PreparedPayment; at: number }[] = [];
    for (const entry of entries) {
      const payment = preparedPayment(parseAnswer(entry.data));
      if (payment !== undefined && payment.payoutId !== payoutId)
        log.warn("an answer belongs to another payout; it is passed over", { payoutId, entry: entry.id, other: payment.payoutId });
      else if (payment !== undefined) found.push({ payment, at: Number(entry.id.split("-")[0]) });
      payout.position = entry.id;
    }
    const before = await streams.dealtWith(
      payoutId,
      found.map(({ payment }) => payment.documentId),
    );
    for (const { payment, at } of found) {
      if (before.has(payment.documentId) || payout.pending.has(payment.documentId)) continue;
      payout.pending.set(payment.documentId, payment);
      payout.newestAt = at;
    }
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
    const { count, dealtWith, payoutId } = payout.stored;
    const decision = decide({ count, dealtWith, pending: [...payout.pending.values()], newestAt: payout.newestAt }, rules, now);
    if (decision.action !== "authorize") return;
    if (await streams.isManual(payoutId)) return this.leave(payout);
    await this.authorize(payout, decision);
  }

  private async authorize(payout: Payout, decision: Extract<Decision, { action: "authorize" }>): Promise<void> {
    const { streams, log } = this.args;
    const { payoutId } = payout.stored;
    const authorizations = await this.sign(decision.payments);
    const leftAlone = decision.leftAlone.map(({ documentId }) => documentId);
    const result = await streams.submit(payout.stored, payout.position, authorizations, leftAlone);
    if (result.outcome === "manual") return this.leave(payout);
    if (result.outcome === "unknown") throw new Error("Redis lost what it remembered; reading all of it anew");
    payout.stored = { ...payout.stored, dealtWith: payout.stored.dealtWith + payout.pending.size };
    payout.pending.clear();
    payout.manual = false;
    if (result.fresh > 0) log.info("authorized by both operators", { payoutId, payments: result.fresh });
    if (decision.missing > 0)
      log.warn("some payments of this payout are not prepared; they are authorized once they are", { payoutId, missing: decision.missing });
    if (leftAlone.length > 0) {
      const custodians = [...new Set(decision.leftAlone.map(({ custodian }) => custodian))];
      const hint =
        "these custodians move money: authorize by hand, or list them under nitro:authorization.custodians and make a new payout";
      log.warn(`payments left alone; ${hint}`, { payoutId, payments: leftAlone.length, custodians });
    }
  }

  private leave(payout: Payout): void {
    if (!payout.manual) this.args.log.info(`left to a person: the payout is in ${manualKey}`, { payoutId: payout.stored.payoutId });
    payout.manual = true;
  }

  /** Signing thousands takes seconds: others get their turn in between. */
  private async sign(payments: readonly PreparedPayment[]): Promise<Authorization[]> {
    const { signers, serviceHost } = this.args;
    const signed: Authorization[] = [];
    for (const { documentId, payoutId } of payments) {
      if (signed.length % 100 === 99) await turn();
      const date = new Date();
      const body = JSON.stringify({ documentId, payoutId });
      const messages = signers.map((signer) => ({
        id: randomUUID(),
        timestamp: date.toISOString(),
        request: signer.sign(paths.submit, serviceHost, body, date),
      }));
      signed.push({ documentId, messages });
    }
    return signed;
  }
}

/** Answers by payout, in the order they were given. */
function grouped(entries: readonly StreamEntry[], byStream: ReadonlyMap<string, Payout>): Map<Payout, StreamEntry[]> {
  const groups = new Map<Payout, StreamEntry[]>();
  for (const entry of entries) {
    const payout = byStream.get(entry.stream);
    if (payout === undefined) continue;
    const group = groups.get(payout);
    if (group === undefined) groups.set(payout, [entry]);
    else group.push(entry);
  }
  return groups;
}
