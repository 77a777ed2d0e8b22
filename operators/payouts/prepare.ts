import { generateKeyPairSync, randomUUID } from "node:crypto";
import type { Redis } from "ioredis";
import { InterruptedError, UserError } from "../../common/errors.ts";
import { dataField, manualKey, paths, prepareConfigStream, prepareKey, prepareStream, responseStream } from "../../key-feeder/contract.ts";
import { order, type PaymentDetails, type RequestMessage } from "../../key-feeder/payouts/messages.ts";
import { createSigner, type Signer } from "../../key-feeder/payouts/signer.ts";
import { type CheckedReport, paymentsOf } from "../report/report.ts";

/** So many payments are put at once: as many are held at a time, and as many are put again at most to no effect. */
const batchSize = 250;

/** How far a report is. */
export interface PrepareProgress {
  /** Requests on their stream. */
  readonly sent: number;
  /** True once the worker was told, which happens when all are there. */
  readonly ordered: boolean;
}

export interface PayoutPreparation {
  /** The stack's name, for messages. */
  readonly stack: string;
  /** The host that is signed. */
  readonly host: string;
  /** True: the payout is left to a person, whatever the stack does with others. */
  readonly manual: boolean;
  readonly onProgress?: (progress: PrepareProgress) => void;
  readonly signal?: AbortSignal;
}

/**
 * Puts requests where nobody has put any since, and says how many there are then. The order goes with the last of them, so that the worker
 * begins once all are there.
 *
 * KEYS: how far the report is, stream, orders, payouts left to a person.
 * ARGV: the report's hash, how many are there already, how many there will be in the end, the order or nothing, the payout or nothing,
 * the requests.
 */
const putScript = `
local report = redis.call('HGET', KEYS[1], 'report')
if report and report ~= ARGV[1] then return {'other', 0, 0} end
if not report and redis.call('EXISTS', KEYS[2]) == 1 then return {'other', 0, 0} end
local sent = tonumber(redis.call('HGET', KEYS[1], 'sent') or '0')
local ordered = redis.call('HEXISTS', KEYS[1], 'order')
if sent == tonumber(ARGV[2]) and ordered == 0 then
  if ARGV[5] ~= '' then redis.call('SADD', KEYS[4], ARGV[5]) end
  for i = 6, #ARGV do redis.call('XADD', KEYS[2], '*', '${dataField}', ARGV[i]) end
  sent = sent + #ARGV - 5
  redis.call('HSET', KEYS[1], 'report', ARGV[1], 'sent', sent, 'count', ARGV[3])
  if ARGV[4] ~= '' then
    redis.call('HSET', KEYS[1], 'order', redis.call('XADD', KEYS[3], '*', '${dataField}', ARGV[4]))
    ordered = 1
  end
end
return {'same', sent, ordered}
`;

/**
 * Puts a report's prepare requests and the order for the worker. It goes on where it was interrupted, whoever was killed when: what is there
 * is not put again, and of a report that is wholly there nothing is.
 * @returns how far it was before, and is now
 * @throws UserError where the payout is one of another report; InterruptedError after a clean stop
 */
export async function preparePayout(
  redis: Redis,
  report: CheckedReport,
  options: PayoutPreparation,
): Promise<{ readonly before: PrepareProgress; readonly now: PrepareProgress }> {
  const { host, onProgress, signal } = options;
  const before = await readPrepareProgress(redis, report.payoutId);
  const signer = createSigner(generateKeyPairSync("ed25519").privateKey);
  let now = await put(redis, report, options, before.sent, []);
  onProgress?.(now);
  let batch: RequestMessage[] = [];
  let position = now.sent;
  for await (const payment of now.ordered ? [] : paymentsOf(report, now.sent)) {
    position++;
    // Somebody else sends the same report at the same time, and has sent this one.
    if (now.ordered || position <= now.sent) continue;
    batch.push(prepareMessage(signer, host, payment));
    // The last ones wait until the file was read to its end, and is the one that was checked.
    if (batch.length < batchSize || position >= report.count) continue;
    now = await put(redis, report, options, now.sent, batch);
    batch = [];
    if (now.sent < position && !now.ordered) throw cancelledMeanwhile(report, options);
    onProgress?.(now);
    if (signal?.aborted === true)
      throw new InterruptedError(`stopped after ${now.sent} of ${report.count} requests; nothing is prepared before all are there`);
  }
  if (!now.ordered) now = await put(redis, report, options, now.sent, batch);
  if (!now.ordered) throw cancelledMeanwhile(report, options);
  onProgress?.(now);
  return { before, now };
}

function cancelledMeanwhile({ payoutId, path }: CheckedReport, { stack }: PayoutPreparation): UserError {
  return new UserError(
    `payout ${payoutId} was cancelled while its requests were sent`,
    `./nitro pay prepare ${path} -s ${stack} sends it anew`,
  );
}

/** How far a report was put; nothing of a payout that was not made from one. */
export async function readPrepareProgress(redis: Redis, payoutId: string): Promise<PrepareProgress & { readonly count: number }> {
  const { sent = "0", count = "0", order: ordered } = await redis.hgetall(prepareKey(payoutId));
  return { sent: Number(sent), count: Number(count), ordered: ordered !== undefined };
}

/** How many payments of a payout were asked for, and how many of these requests were answered. */
export async function countPrepared(redis: Redis, payoutId: string): Promise<{ readonly requests: number; readonly answers: number }> {
  const stream = prepareStream(payoutId);
  const [requests, answers] = await Promise.all([redis.xlen(stream), redis.xlen(responseStream(stream))]);
  return { requests, answers };
}

async function put(
  redis: Redis,
  { payoutId, sha256, count, path }: CheckedReport,
  { manual, stack }: PayoutPreparation,
  sent: number,
  messages: readonly RequestMessage[],
): Promise<PrepareProgress> {
  const requests = prepareStream(payoutId);
  const last = sent + messages.length === count ? JSON.stringify(order(payoutId, requests, count)) : "";
  const keys = [prepareKey(payoutId), requests, prepareConfigStream, manualKey];
  const values = [sha256, sent, count, last, manual ? payoutId : "", ...messages.map((message) => JSON.stringify(message))];
  const answer: unknown = await redis.eval(putScript, keys.length, ...keys, ...values);
  const [kind, there, ordered] = Array.isArray(answer) ? answer : [];
  if (kind !== "same")
    throw new UserError(
      `payout ${payoutId} is there already, and not from ${path} as it is now: nothing was sent`,
      `./nitro pay status ${payoutId} -s ${stack} says how it is, ./nitro pay cancel ${payoutId} -s ${stack} removes one that is not at its end; a new payout needs another payoutId`,
    );
  return { sent: Number(there), ordered: Number(ordered) === 1 };
}

/** Anybody may ask for a payment to be prepared: the requests are signed, as the worker wants them, by a key of the moment. */
export function prepareMessage(signer: Signer, host: string, payment: PaymentDetails, now = new Date()): RequestMessage {
  return { id: randomUUID(), timestamp: now.toISOString(), request: signer.sign(paths.prepare, host, JSON.stringify(payment), now) };
}
