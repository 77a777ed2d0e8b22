import { badRequest } from "../transaction/errors.ts";

/** A value as the session API carries it. */
export interface ValueHolder {
  /** Base64. */
  readonly IonBinary?: string;
  readonly IonText?: string;
}

export type Json = Readonly<Record<string, unknown>>;

export const sessionCommandNames = [
  "StartSession",
  "StartTransaction",
  "ExecuteStatement",
  "FetchPage",
  "CommitTransaction",
  "AbortTransaction",
  "EndSession",
] as const;
export type SessionCommandName = (typeof sessionCommandNames)[number];

/** @throws LedgerError where the value is no object */
export function object(value: unknown, name: string): Json {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw badRequest(`${name} has to be an object`);
  return value as Json;
}

/** A required text within the lengths and of the form that QLDB's model gives. @throws LedgerError */
export function requestText(request: Json, name: string, form: { least?: number; most: number; pattern?: RegExp }): string {
  const value = request[name];
  const { least = 1, most, pattern } = form;
  if (typeof value !== "string") throw badRequest(`${name} is required and has to be a string`);
  if (value.length < least || value.length > most)
    throw badRequest(`${name} has ${value.length} characters: allowed are ${least} to ${most}`);
  if (pattern !== undefined && !pattern.test(value)) throw badRequest(`${name} has a form that is not allowed: ${pattern.source}`);
  return value;
}

/** Bytes from base64, as it is written without anything between. @throws LedgerError */
export function bytesOf(value: unknown, name: string): Buffer {
  const bytes = typeof value === "string" ? Buffer.from(value, "base64") : undefined;
  // Written again it has to be the same. A pattern would need a stack as deep as the text is long.
  if (bytes === undefined || bytes.toString("base64") !== value) throw badRequest(`${name} has to be base64`);
  return bytes;
}

export const transactionId = { least: 22, most: 22, pattern: /^[A-Za-z0-9]+$/ };
export const token = { least: 4, most: 1024, pattern: /^[A-Za-z0-9+/=-]+$/ };
