import { ControlError } from "../control/errors.ts";
import { HttpError } from "../http/http-error.ts";
import { LedgerError } from "../transaction/errors.ts";
import type { CallResult } from "./call.ts";

/** @param body as JSON.stringify takes it; undefined for an answer without one */
export function callResult(status: number, body: unknown, error?: string): CallResult {
  return { status, body: body === undefined ? "" : ascii(JSON.stringify(body)), error };
}

/** JSON text whose every character is one byte. */
function ascii(json: string): string {
  return json.replace(/[\u0080-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

/**
 * An error as AWS tells it in the body. There is no numeric code: some SDKs take one for the name.
 * @param log told of what nobody expected
 */
export function errorResult(error: unknown, log: (message: string) => void): CallResult {
  const { status, type, message } = describeError(error);
  if (status === 500) log(`unexpected: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
  return callResult(status, { __type: type, Message: message }, type);
}

function describeError(error: unknown): { status: number; type: string; message: string } {
  if (error instanceof LedgerError) {
    const overloaded = error.name === "RateExceededException" || error.name === "CapacityExceededException";
    return { status: overloaded ? 503 : 400, type: error.name, message: error.message };
  }
  if (error instanceof ControlError) return { status: error.status, type: error.name, message: error.message };
  if (error instanceof HttpError) return { status: error.status, type: error.type, message: error.message };
  return { status: 500, type: "InternalServerErrorException", message: "the ledger failed: its log says more" };
}
