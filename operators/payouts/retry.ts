import { randomUUID } from "node:crypto";
import type { Redis } from "ioredis";
import {
  dataField,
  operatorNames,
  prepareConfigStream,
  prepareStream,
  responseStream,
  submitConfigStream,
  submitStream,
} from "../../key-feeder/contract.ts";
import { order, parseAnswer, parseRequest, paymentKey, preparedPayment } from "../../key-feeder/payouts/messages.ts";
import { signatureParameters } from "../attestation.ts";
import { stillCounts } from "./authorize.ts";
import { isAfter, readTaken } from "./groups.ts";
import { readOpenOrders } from "./orders.ts";
import { stateIn } from "./payout.ts";
import { scanStream } from "./scan.ts";

/** What a retry did. */
export interface RetryResult {
  /** Requests that waited for their time, and are tried now. */
  readonly released: number;
  /** Streams whose order was put again: the worker knew nothing of them any more. */
  readonly ordered: readonly ("prepare" | "submit")[];
  /** Payments whose authorizations were sent again: both were answered, and the payment is neither paid nor failed. */
  readonly resent: number;
  /** Such payments whose authorizations are too old to count once more. */
  readonly expired: number;
}

const streams = [
  ["prepare", prepareConfigStream, prepareStream],
  ["submit", submitConfigStream, submitStream],
] as const;

/** Has the worker try again now what it puts off, take again what it has forgotten, and drive on payments that stopped half-way. */
export async function retryPayout(redis: Redis, payoutId: string, now = new Date()): Promise<RetryResult> {
  const { messages, expired } = await stopped(redis, payoutId, now);
  for (const each of messages.values())
    for (const data of each) await redis.xadd(submitStream(payoutId), "*", dataField, JSON.stringify({ ...data, id: randomUUID() }));
  const ordered: ("prepare" | "submit")[] = [];
  let released = 0;
  const open = (await readOpenOrders(redis)).filter((each) => each.payoutId === payoutId);
  for (const [kind, config, name] of streams) {
    const stream = name(payoutId);
    const { newest, pending } = await readTaken(redis, stream);
    const keys = [...pending].map((id) => `retry-after-${id}`);
    if (keys.length > 0) released += await redis.del(keys);
    const [last] = await redis.xrevrange(stream, "+", "-", "COUNT", 1);
    const left = pending.size > 0 || (last !== undefined && isAfter(last[0], newest));
    if (!left || open.some((each) => each.kind === kind)) continue;
    await redis.xadd(config, "*", dataField, JSON.stringify(order(payoutId, stream, await redis.xlen(stream))));
    ordered.push(kind);
  }
  return { released, ordered, resent: messages.size, expired };
}

/** Payments that are neither paid nor failed though everything about them was answered, each with its operators' newest requests. */
async function stopped(
  redis: Redis,
  payoutId: string,
  now: Date,
): Promise<{ messages: ReadonlyMap<string, readonly object[]>; expired: number }> {
  const stream = submitStream(payoutId);
  const payments = new Map<string, string>();
  for await (const { data } of scanStream(redis, responseStream(prepareStream(payoutId)))) {
    const payment = preparedPayment(parseAnswer(data));
    if (payment !== undefined) payments.set(payment.documentId, paymentKey(payment));
  }
  const ended = new Set<string>();
  for await (const { data } of scanStream(redis, responseStream(stream))) {
    const { payment, state } = stateIn(parseAnswer(data));
    if (state === "paid" || state === "failed") ended.add(payment);
  }
  const { newest, pending } = await readTaken(redis, stream);
  const byDocument = new Map<string, Map<string, { message: object; date: string }>>();
  const waiting = new Set<string>();
  for await (const { id, data } of scanStream(redis, stream)) {
    const { headers, octets, body } = parseRequest(data);
    const documentId = String(body.documentId ?? "");
    if (isAfter(id, newest) || pending.has(id)) waiting.add(documentId);
    const signer = signatureParameters(headers.signature ?? "").keyId ?? "";
    const message = { timestamp: now.toISOString(), request: { headers, octets } };
    byDocument.set(documentId, (byDocument.get(documentId) ?? new Map()).set(signer, { message, date: headers.date ?? "" }));
  }
  const messages = new Map<string, object[]>();
  let expired = 0;
  for (const [documentId, signed] of byDocument) {
    const done = waiting.has(documentId) || ended.has(payments.get(documentId) ?? "");
    if (done || signed.size < operatorNames.length) continue;
    const each = [...signed.values()];
    if (each.every(({ date }) => stillCounts(new Date(date), now)))
      messages.set(
        documentId,
        each.map(({ message }) => message),
      );
    else expired++;
  }
  return { messages, expired };
}
