import type { Redis } from "ioredis";
import { prepareStream, responseStream, submitStream } from "../../key-feeder/contract.ts";
import { readAuthorizations } from "./authorizations.ts";
import { readOrders } from "./orders.ts";

/** Payments of one payout that wait for an operator. */
export interface WaitingPayments {
  readonly payoutId: string;
  /** The operator's number, from 1. */
  readonly operator: number;
  readonly payments: number;
}

/**
 * Which payouts wait for which operators: prepared payments that the operator has not authorized.
 * @param keyIds of the operators, in the order of their numbers
 */
export async function readWaiting(redis: Redis, keyIds: readonly string[]): Promise<WaitingPayments[]> {
  const payoutIds = [...new Set((await readOrders(redis)).map(({ payoutId }) => payoutId))];
  const each = await Promise.all(
    payoutIds.map(async (payoutId) => ((await isOver(redis, payoutId)) ? [] : waitingOf(redis, payoutId, keyIds))),
  );
  return each.flat();
}

/** Of one payout. See readWaiting. */
export async function waitingOf(redis: Redis, payoutId: string, keyIds: readonly string[]): Promise<WaitingPayments[]> {
  const { prepared, given } = await readAuthorizations(redis, payoutId);
  return keyIds.flatMap((keyId, index) => {
    const payments = prepared.filter((document) => given.get(keyId)?.has(document) !== true).length;
    return payments === 0 ? [] : [{ payoutId, operator: index + 1, payments }];
  });
}

/** The worker counts what has ended: a payout that is over need not be read. */
async function isOver(redis: Redis, payoutId: string): Promise<boolean> {
  const submit = submitStream(payoutId);
  const [prepared, paid, failed] = await Promise.all([
    redis.xlen(responseStream(prepareStream(payoutId))),
    redis.zscore(`${submit}-status`, "paid"),
    redis.zscore(`${submit}-status`, "failed"),
  ]);
  return Number(paid ?? 0) + Number(failed ?? 0) >= prepared;
}

/** "12 payments wait for operator 2 (payout p)"; a line each. */
export function waitingLines(waiting: readonly WaitingPayments[]): string[] {
  return waiting.map(({ payoutId, operator, payments }) => {
    const many = payments === 1 ? "1 payment waits" : `${payments} payments wait`;
    return `${many} for operator ${operator} (payout ${payoutId})`;
  });
}
