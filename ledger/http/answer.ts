import type { ServerResponse } from "node:http";
import { ControlError } from "../control/errors.ts";
import { LedgerError } from "../transaction/errors.ts";

/** An error before any API was reached. */
export class HttpError extends Error {
  readonly status: number;
  readonly type: string;

  constructor(status: number, type: string, message: string) {
    super(message);
    this.status = status;
    this.type = type;
  }
}

/** Where and as what a request is answered. */
export interface Reply {
  readonly response: ServerResponse;
  readonly contentType: string;
  readonly requestId: string;
}

/** @returns the answer's size in bytes */
export function sendJson(
  { response, contentType, requestId }: Reply,
  status: number,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): number {
  const text = body === undefined ? "" : ascii(JSON.stringify(body));
  const size = text.length;
  response.writeHead(status, {
    "Content-Type": contentType,
    "Content-Length": size,
    "x-amzn-RequestId": requestId,
    ...headers,
  });
  response.end(text, "latin1");
  return size;
}

/** JSON text whose every character is one byte. */
function ascii(json: string): string {
  return json.replace(/[\u0080-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

/**
 * Answers with an error as AWS does: its name in a header and in the body. There is no numeric code: some SDKs take one for the name.
 * @param log told of what nobody expected
 */
export function sendError(reply: Reply, error: unknown, log: (message: string) => void): void {
  const { response } = reply;
  if (response.headersSent) {
    response.destroy();
    return;
  }
  const { status, type, message } = describe(error);
  if (status === 500) log(`unexpected: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
  // What is left of a request that is too large is not read: the connection ends with the answer.
  const connection = status === 413 ? { Connection: "close" } : undefined;
  sendJson(reply, status, { __type: type, Message: message }, { "x-amzn-ErrorType": type, ...connection });
}

function describe(error: unknown): { status: number; type: string; message: string } {
  if (error instanceof LedgerError) {
    const overloaded = error.name === "RateExceededException" || error.name === "CapacityExceededException";
    return { status: overloaded ? 503 : 400, type: error.name, message: error.message };
  }
  if (error instanceof ControlError) return { status: error.status, type: error.name, message: error.message };
  if (error instanceof HttpError) return { status: error.status, type: error.type, message: error.message };
  return { status: 500, type: "InternalServerErrorException", message: "the ledger failed: its log says more" };
}
