import { randomUUID } from "node:crypto";
import type { Redis } from "ioredis";
import { InterruptedError, UserError } from "../../common/errors.ts";
import { type Look, type Moment, wait } from "../../common/waiting.ts";
import { dataField, manualKey, paths, submitConfigStream, submitStream } from "../../key-feeder/contract.ts";
import { order, type RequestMessage } from "../../key-feeder/payouts/messages.ts";
import type { Signer } from "../../key-feeder/payouts/signer.ts";
import { type Authorizations, readAuthorizations } from "./authorizations.ts";
import { readOpenOrders } from "./orders.ts";

/** So many requests are signed and put at once. */
const batchSize = 250;
const lookMs = 100;
/** All payments go together; where some are held, the others wait for them no longer than this after the last news. */
const quietMs = 2_000;
/** How long the service accepts a signature, and how far its date may be ahead: see docs of the program, and the sample. */
const dayMs = 86_400_000;
const signatureDays = 30;
const aheadMs = 10 * 60_000;

export interface AuthorizeOptions {
  /** The stack's name, for messages. */
  readonly stack: string;
  readonly payoutId: string;
  readonly signer: Signer;
  /** The host that is signed. */
  readonly host: string;
  /** What is signed as the date; by default now. */
  readonly date?: Date;
  /** How long to wait for answers to the authorizations of others, since the last one came. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: { readonly put: number; readonly held: number }) => void;
}

/** What came of it, in payments. */
export interface AuthorizeResult {
  readonly payoutId: string;
  readonly requests: number;
  readonly prepared: number;
  /** Authorized by this call. */
  readonly put: number;
  /** Which this operator had authorized before. */
  readonly before: number;
  /** Left alone: the other operator's authorization of them had no answer, until the time was over. */
  readonly held: number;
}

/** Puts requests if nobody has put any since, with the order for the worker. KEYS: stream, orders. ARGV: the newest entry that is known, the order or nothing, the requests. */
const putScript = `
local newest = redis.call('XREVRANGE', KEYS[1], '+', '-', 'COUNT', 1)
if (newest[1] and newest[1][1] or '') ~= ARGV[1] then return false end
local last = ARGV[1]
for i = 3, #ARGV do last = redis.call('XADD', KEYS[1], '*', '${dataField}', ARGV[i]) end
if ARGV[2] ~= '' then redis.call('XADD', KEYS[2], '*', '${dataField}', ARGV[2]) end
return last
`;

/**
 * Authorizes the prepared payments of a payout as one operator, once each: what this operator has authorized is passed over, whoever sent it.
 * A payment goes out once the other operator's authorization of it is answered: programs read a payment and write it in two transactions, and
 * of two authorizations that meet one is lost. From now on the payout is left to people: the key-feeder does nothing more about it.
 * @throws UserError where there is no such payout, or the date is one that the service refuses; InterruptedError after a clean stop
 */
export async function authorizePayout(redis: Redis, options: AuthorizeOptions): Promise<AuthorizeResult> {
  const { payoutId, signer, timeoutMs, signal, onProgress, date } = options;
  if (date !== undefined) mustCount(date, new Date());
  let put = 0;
  let seen = await readAuthorizations(redis, payoutId);
  if (seen.requests === 0) throw unknownPayout(options.stack, payoutId);
  const before = mine(seen, signer).length;
  if (before < seen.prepared.length) await redis.sadd(manualKey, payoutId);
  let readyBefore = 0;
  const look = async ({ silent }: Moment): Promise<Look<true>> => {
    seen = await readAuthorizations(redis, payoutId);
    const open = seen.prepared.filter((document) => seen.given.get(signer.keyId)?.has(document) !== true);
    const ready = open.filter((document) => !seen.unanswered.has(document));
    const all = ready.length === open.length;
    const fresh = all || silent >= quietMs ? await putReady(redis, options, seen, ready) : 0;
    put += fresh;
    const held = open.length - fresh;
    onProgress?.({ put, held });
    if (all && held === 0) return { found: true };
    const news = fresh > 0 || ready.length > readyBefore;
    readyBefore = ready.length - fresh;
    return { seen: `${held} wait for an answer to the other operator's authorization`, news };
  };
  // Each look reads the payout: the longer it is, the rarer.
  const intervalMs = Math.max(lookMs, seen.prepared.length / 20);
  const waited = await wait({ what: "the authorizations of others", look }, { timeoutMs, intervalMs, signal });
  if (waited.end === "stopped")
    throw new InterruptedError(`stopped after ${put} of ${seen.prepared.length} authorizations of payout ${payoutId}`);
  const { requests, prepared } = seen;
  return { payoutId, requests, prepared: prepared.length, put, before, held: prepared.length - before - put };
}

/** The prepared payments that an operator has authorized. */
function mine({ prepared, given }: Authorizations, { keyId }: Pick<Signer, "keyId">): string[] {
  return prepared.filter((document) => given.get(keyId)?.has(document) === true);
}

/** Puts all of them in batches, the order with the last; fewer where somebody else puts some too. @returns how many */
async function putReady(
  redis: Redis,
  options: AuthorizeOptions,
  { newest, untaken }: Authorizations,
  ready: readonly string[],
): Promise<number> {
  const { payoutId, signal } = options;
  const stream = submitStream(payoutId);
  let last = newest;
  let put = 0;
  if (ready.length === 0) {
    // A call that was killed before its order left requests that nobody takes.
    if (untaken > 0 && !(await isOrdered(redis, payoutId)))
      await redis.eval(putScript, 2, stream, submitConfigStream, newest, JSON.stringify(order(payoutId, stream, untaken)));
    return 0;
  }
  while (put < ready.length && signal?.aborted !== true) {
    const batch = ready.slice(put, put + batchSize);
    const isLast = put + batch.length === ready.length;
    const messages = batch.map((documentId) => JSON.stringify(submitMessage(options, documentId)));
    const orderText = isLast ? JSON.stringify(order(payoutId, stream, ready.length + untaken)) : "";
    const answer: unknown = await redis.eval(putScript, 2, stream, submitConfigStream, last, orderText, ...messages);
    if (typeof answer !== "string") return put;
    last = answer;
    put += batch.length;
  }
  return put;
}

async function isOrdered(redis: Redis, payoutId: string): Promise<boolean> {
  return (await readOpenOrders(redis)).some((open) => open.payoutId === payoutId && open.kind === "submit");
}

function submitMessage({ payoutId, signer, host, date = new Date() }: AuthorizeOptions, documentId: string): RequestMessage {
  const body = JSON.stringify({ documentId, payoutId });
  return { id: randomUUID(), timestamp: new Date().toISOString(), request: signer.sign(paths.submit, host, body, date) };
}

/** Whether the service accepts a signature of that date. */
export function stillCounts(date: Date, now: Date): boolean {
  const age = now.getTime() - date.getTime();
  return age <= signatureDays * dayMs && age >= -aheadMs;
}

/** @throws UserError for a date that the service refuses: a worker would send such a request again for ever */
export function mustCount(date: Date, now: Date): void {
  if (stillCounts(date, now)) return;
  const from = new Date(now.getTime() - signatureDays * dayMs).toISOString();
  throw new UserError(
    `a signature of ${Number.isNaN(date.getTime()) ? "no date" : date.toISOString()} does not count: allowed are dates from ${from} to ${new Date(now.getTime() + aheadMs).toISOString()}; nothing was sent`,
  );
}

/** There is no such payout, or none any more. */
export function unknownPayout(stack: string, payoutId: string): UserError {
  return new UserError(`stack "${stack}" knows no payout "${payoutId}"`, `./nitro pay ls -s ${stack} lists them`);
}
