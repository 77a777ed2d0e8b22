import type { SignedRequest } from "./signer.ts";

/** Tells the worker to work through a stream. An entry of a stream has one field, which holds JSON (../contract.ts). */
export interface Order {
  readonly payoutId: string;
  readonly consumerGroup: string;
  readonly stream: string;
  readonly count: number;
  readonly batchSize: number;
}

const defaultBatchSize = 10;

/** The order to work through `prepare-<payoutId>` or `submit-<payoutId>`. */
export function order(payoutId: string, stream: string, count: number, batchSize = defaultBatchSize): Order {
  return { payoutId, consumerGroup: `${stream}-cg`, stream, count, batchSize };
}

/** One signed request for the worker to send. */
export interface RequestMessage {
  readonly id: string;
  /** ISO 8601. */
  readonly timestamp: string;
  readonly request: SignedRequest;
}

/** A payment as a report lists it. */
export interface PaymentDetails {
  readonly to: string;
  readonly from: string;
  /** Decimal, as text. */
  readonly amount: string;
  readonly currency: string;
  readonly payoutId: string;
  readonly custodian: string;
}

/** A payment that the service has prepared. */
export interface PreparedPayment extends PaymentDetails {
  readonly documentId: string;
}

/** @returns the order in an entry's data, or undefined where it is none */
export function parseOrder(data: string): Order | undefined {
  const value = object(parsed(data));
  const { payoutId, stream, count } = value;
  if (typeof payoutId !== "string" || payoutId === "" || typeof stream !== "string" || stream === "") return undefined;
  if (typeof count !== "number" || !Number.isSafeInteger(count) || count < 0) return undefined;
  const { consumerGroup, batchSize } = value;
  return {
    payoutId,
    stream,
    count,
    consumerGroup: typeof consumerGroup === "string" ? consumerGroup : "",
    batchSize: typeof batchSize === "number" && Number.isSafeInteger(batchSize) && batchSize > 0 ? batchSize : defaultBatchSize,
  };
}

/** An answer of the service, as the worker put it on a stream. */
export interface PaymentAnswer {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string>>;
  /** The body as it came; "" where it is no text. */
  readonly octets: string;
  /** The body; undefined where it is not a JSON object. */
  readonly body: Readonly<Record<string, unknown>> | undefined;
}

/** @returns the answer in an entry's data, or undefined where it is none */
export function parseAnswer(data: string): PaymentAnswer | undefined {
  const { statusCode, octets, headers } = object(object(parsed(data)).response);
  if (typeof statusCode !== "number") return undefined;
  const body = typeof octets === "string" ? parsed(octets) : octets;
  const text = typeof octets === "string" ? octets : "";
  return { statusCode, headers: textsIn(headers), octets: text, body: isObject(body) ? body : undefined };
}

/** @returns the body of the request in an entry's data; empty where it is none */
export function parseRequestBody(data: string): Readonly<Record<string, unknown>> {
  return parseRequest(data).body;
}

/** A request that was put on a stream. */
export interface PutRequest {
  /** By name, as they were signed. */
  readonly headers: Readonly<Record<string, string>>;
  readonly octets: string;
  /** The JSON object in the octets; empty where there is none. */
  readonly body: Readonly<Record<string, unknown>>;
}

/** @returns the request in an entry's data; an empty one where it is none */
export function parseRequest(data: string): PutRequest {
  const { octets, headers } = object(object(parsed(data)).request);
  const text = typeof octets === "string" ? octets : "";
  return { headers: textsIn(headers), octets: text, body: object(parsed(text)) };
}

/** @returns the payment in an answer to prepare; undefined where the answer is not 200 or lacks a field */
export function preparedPayment(answer: PaymentAnswer | undefined): PreparedPayment | undefined {
  if (answer?.statusCode !== 200) return undefined;
  const { to, from, amount, currency, payoutId, custodian, documentId } = answer.body ?? {};
  if (typeof documentId !== "string" || documentId === "") return undefined;
  if (typeof payoutId !== "string" || typeof custodian !== "string") return undefined;
  const text = (value: unknown) => (typeof value === "string" ? value : "");
  return { to: text(to), from: text(from), amount: text(amount), currency: text(currency), payoutId, custodian, documentId };
}

/** @returns the payment that an answer to submit is about, as `paymentKey` writes it; undefined where the answer is not 200 or names none */
export function submittedPayment(answer: PaymentAnswer | undefined): string | undefined {
  const details = object(answer?.body?.data).paymentDetails;
  return answer?.statusCode === 200 && isObject(details) ? paymentKey(details) : undefined;
}

/**
 * A payment within its payout, by its details, as programs make their idempotency keys: answers to submit name no document, and their ids
 * are not those of the requests. Amounts may be written as text or number, with trailing zeros or without.
 */
export function paymentKey({
  to,
  from,
  currency,
  amount,
  custodian,
}: Readonly<Record<keyof PaymentDetails, unknown>> | Record<string, unknown>): string {
  const decimal = String(amount)
    .replace(/(\.\d*?)0+$/, "$1")
    .replace(/\.$/, "");
  return JSON.stringify([to, from, currency, decimal, custodian]);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function object(value: unknown): Record<string, unknown> {
  return isObject(value) ? value : {};
}

/** The fields of an object that are texts. */
function textsIn(value: unknown): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(object(value)).filter((field): field is [string, string] => typeof field[1] === "string"));
}
