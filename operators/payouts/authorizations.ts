import type { Redis } from "ioredis";
import { prepareStream, responseStream, submitStream } from "../../key-feeder/contract.ts";
import { parseAnswer, parseRequest, preparedPayment } from "../../key-feeder/payouts/messages.ts";
import { signatureParameters } from "../attestation.ts";
import { isAfter, readTaken } from "./groups.ts";
import { scanStream } from "./scan.ts";

/** A payout as an operator sees it who is about to authorize it. */
export interface Authorizations {
  /** How many payments were asked for. */
  readonly requests: number;
  /** Documents of the payments that are prepared, in the order in which they were. */
  readonly prepared: readonly string[];
  /** By key id: the documents that this operator has authorized, be it answered or not. */
  readonly given: ReadonlyMap<string, ReadonlySet<string>>;
  /** Documents with an authorization that was not answered yet: of two that meet, one may be lost. */
  readonly unanswered: ReadonlySet<string>;
  /** How many of the requests nobody has taken yet. */
  readonly untaken: number;
  /** The newest entry that was read; "" where there is none. */
  readonly newest: string;
}

/** Reads what was prepared and authorized of a payout, a page at a time; documents and operators are all that is kept. */
export async function readAuthorizations(redis: Redis, payoutId: string): Promise<Authorizations> {
  const [prepare, submit] = [prepareStream(payoutId), submitStream(payoutId)];
  const prepared = new Set<string>();
  for await (const { data } of scanStream(redis, responseStream(prepare))) {
    const payment = preparedPayment(parseAnswer(data));
    if (payment?.payoutId === payoutId) prepared.add(payment.documentId);
  }
  const [requests, taken] = await Promise.all([redis.xlen(prepare), readTaken(redis, submit)]);
  const given = new Map<string, Set<string>>();
  const unanswered = new Set<string>();
  let untaken = 0;
  let newest = "";
  for await (const { id, data } of scanStream(redis, submit)) {
    const { keyId, documentId } = authorizationIn(data);
    given.set(keyId, (given.get(keyId) ?? new Set()).add(documentId));
    const waits = isAfter(id, taken.newest);
    if (waits) untaken++;
    if (waits || taken.pending.has(id)) unanswered.add(documentId);
    newest = id;
  }
  return { requests, prepared: [...prepared], given, unanswered, untaken, newest };
}

function authorizationIn(data: string): { keyId: string; documentId: string } {
  const { headers, body } = parseRequest(data);
  const { documentId } = body;
  return { keyId: signatureParameters(headers.signature ?? "").keyId ?? "", documentId: typeof documentId === "string" ? documentId : "" };
}
