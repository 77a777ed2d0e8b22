import { HttpError, malformed } from "./http-error.ts";

/** What a request has at most before its body, and in the lines and extensions around its chunks. */
export const mostHeadBytes = 16 << 10;

/** What Node's parser does not take, as it is answered. */
export function parseError(error: Error): HttpError {
  if (error instanceof HttpError) return error;
  const reason = textOf(error, "reason");
  switch (textOf(error, "code")) {
    case "ERR_HTTP_REQUEST_TIMEOUT":
      return new HttpError(408, "RequestTimeoutException", "the request took too long to arrive");
    case "HPE_HEADER_OVERFLOW":
      return new HttpError(431, "RequestTooLargeException", `the head of a request has at most ${mostHeadBytes} bytes`);
    case "HPE_CHUNK_EXTENSIONS_OVERFLOW":
      return new HttpError(431, "RequestTooLargeException", `chunks have at most ${mostHeadBytes} bytes around them`);
    case "HPE_INVALID_VERSION":
      // The same code is for what follows the version.
      if (reason !== "Invalid HTTP version") break;
      return new HttpError(505, "HttpVersionNotSupportedException", "this version of HTTP is not spoken here, HTTP/1.1 is");
    case "HPE_INVALID_EOF_STATE":
      return malformed("it was not sent to its end");
  }
  return malformed(reason ?? error.message);
}

function textOf(error: Error, field: string): string | undefined {
  const value: unknown = Reflect.get(error, field);
  return typeof value === "string" ? value : undefined;
}
