import { ControlError } from "../control/errors.ts";
import { LedgerError } from "../transaction/errors.ts";
import type { Answer } from "./exchange.ts";
import { HttpError } from "./http-error.ts";

/** As what a request is answered. */
export interface Reply {
  readonly contentType: string;
  readonly requestId: string;
}

/** @param headers further ones, names and values by turns */
export function jsonAnswer({ contentType, requestId }: Reply, status: number, body: unknown, headers: readonly string[] = []): Answer {
  return {
    status,
    headers: ["Content-Type", contentType, "x-amzn-RequestId", requestId, ...headers],
    body: body === undefined ? "" : ascii(JSON.stringify(body)),
  };
}

/** JSON text whose every character is one byte. */
function ascii(json: string): string {
  return json.replace(/[\u0080-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

/**
 * An error as AWS tells it: its name in a header and in the body. There is no numeric code: some SDKs take one for the name.
 * @param log told of what nobody expected
 */
export function errorAnswer(reply: Reply, error: unknown, log: (message: string) => void): Answer {
  const { status, type, message } = describeError(error);
  if (status === 500) log(`unexpected: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
  return jsonAnswer(reply, status, { __type: type, Message: message }, ["x-amzn-ErrorType", type]);
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
