import type { CallResult } from "../engine/call.ts";
import type { Answer } from "./exchange.ts";

/** As what a request is answered. */
export interface Reply {
  readonly contentType: string;
  readonly requestId: string;
}

/** What came of a request as its answer. An error is named in a header, too. */
export function answerOf({ contentType, requestId }: Reply, { status, body, error }: CallResult): Answer {
  const headers = ["Content-Type", contentType, "x-amzn-RequestId", requestId];
  return { status, headers: error === undefined ? headers : [...headers, "x-amzn-ErrorType", error], body };
}
