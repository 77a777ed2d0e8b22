import { setTimeout as pause } from "node:timers/promises";
import type { Redis } from "ioredis";
import { UserError } from "../common/errors.ts";
import { prepareStream } from "../key-feeder/contract.ts";
import { type Authorizing, paymentViews } from "../operators/payouts/payout.ts";
import { readPayouts } from "../operators/payouts/register.ts";
import { PayoutStreams } from "../operators/payouts/streams.ts";
import type { Asked, Emit, Route } from "./routes.ts";
import type { OperatorsView, PaymentChanges, PaymentRow } from "./views.ts";

/** A stack's payouts, while its Redis is connected. What it does is told in a sentence. Each throws UserError with why it cannot. */
export interface PayoutDesk {
  readonly redis: Redis;
  readonly authorizing: Authorizing;
  /** Those whose keys the stack has: operators who bring their own are not among them. */
  readonly operators: OperatorsView;
  cancel(payoutId: string): Promise<string>;
  retry(payoutId: string): Promise<string>;
  authorize(payoutId: string, operator: number): Promise<string>;
}

/** What the page needs in order to work with payouts. */
export interface PayoutAccess {
  /** @throws UserError where payouts cannot be looked at now */
  withPayouts<T>(use: (payouts: PayoutDesk) => Promise<T>): Promise<T>;
}

/** Between two looks, in ms; where looking takes long, it is done more rarely. */
const restMs = 300;
const restFactor = 4;
/** Payments in one event. */
const crowd = 1_000;

/** @returns the routes that tell of payouts, and do something about them */
export function payoutRoutes(desk: PayoutAccess): Route[] {
  const act = (path: string, work: (payouts: PayoutDesk, payout: string, asked: Asked) => Promise<string>): Route => ({
    method: "POST",
    path: `/api/payouts/:payout/${path}`,
    answer: async (asked) => ({ done: await desk.withPayouts((payouts) => work(payouts, asked.parts.payout ?? "", asked)) }),
  });
  return [
    {
      method: "GET",
      path: "/api/payouts",
      stream: ({ signal }, emit) => desk.withPayouts(({ redis }) => streamPayouts(redis, signal, emit)),
    },
    {
      method: "GET",
      path: "/api/payouts/:payout",
      stream: ({ parts: { payout = "" }, signal }, emit) => desk.withPayouts((payouts) => streamPayments(payouts, payout, signal, emit)),
    },
    act("cancel", (payouts, payout) => payouts.cancel(payout)),
    act("retry", (payouts, payout) => payouts.retry(payout)),
    act("authorize", (payouts, payout, { body }) => payouts.authorize(payout, operatorIn(body))),
  ];
}

/** Sends the list of all payouts whenever something of it has changed. */
async function streamPayouts(redis: Redis, signal: AbortSignal, emit: Emit): Promise<void> {
  let last = "";
  await repeatedly(signal, async () => {
    const payouts = await readPayouts(redis);
    const text = JSON.stringify(payouts);
    if (text !== last) await emit("payouts", payouts);
    last = text;
  });
}

/** Sends who can authorize a payout, all its payments, and from then on those that move. */
async function streamPayments(
  { redis, authorizing, operators }: PayoutDesk,
  payoutId: string,
  signal: AbortSignal,
  emit: Emit,
): Promise<void> {
  const streams = new PayoutStreams(redis, payoutId);
  let known: readonly PaymentRow[] = [];
  let first = true;
  await repeatedly(signal, async () => {
    let news = first;
    while (!signal.aborted && (await streams.next(1))) news = true;
    if (!first && !(await redis.exists(prepareStream(payoutId)))) throw new UserError(`payout ${payoutId} is gone: it was cancelled`);
    if (!news) return;
    const manual = await streams.isManual();
    const now = paymentViews(streams.entries, manual ? { ...authorizing, mode: "manual" } : authorizing);
    if (now.length === 0 && first) throw new UserError(`there is no payout "${payoutId}"`);
    if (first) await emit("operators", operators);
    for (const changes of crowded(changedRows(known, now))) await emit("payments", changes);
    known = now;
    first = false;
  });
}

/** What of a payout's payments is not as it was. Pure. */
export function changedRows(before: readonly PaymentRow[], now: readonly PaymentRow[]): PaymentChanges {
  const rows = now.flatMap((row, index) => (isSame(before[index], row) ? [] : [[index, row] as const]));
  return { total: now.length, rows };
}

function isSame(before: PaymentRow | undefined, now: PaymentRow): boolean {
  return (
    before !== undefined &&
    before.state === now.state &&
    before.authorizations === now.authorizations &&
    before.expected === now.expected &&
    before.ms === now.ms
  );
}

function crowded({ total, rows }: PaymentChanges): PaymentChanges[] {
  const count = Math.ceil(rows.length / crowd);
  return Array.from({ length: count }, (_, index) => ({ total, rows: rows.slice(index * crowd, (index + 1) * crowd) }));
}

async function repeatedly(signal: AbortSignal, look: () => Promise<void>): Promise<void> {
  while (!signal.aborted) {
    const began = performance.now();
    await look();
    const rest = Math.max(restMs, restFactor * (performance.now() - began));
    await pause(rest, undefined, { signal }).catch(() => undefined);
  }
}

/** @throws UserError where nobody is named */
function operatorIn(body: unknown): number {
  const number: unknown = typeof body === "object" && body !== null ? Reflect.get(body, "operator") : undefined;
  if (typeof number === "number" && Number.isInteger(number)) return number;
  throw new UserError("say who authorizes: the number of an operator");
}
