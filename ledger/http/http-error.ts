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

/** The request is no HTTP/1.1: nothing that follows on its connection can be trusted. */
export function malformed(message: string): HttpError {
  return new HttpError(400, "BadRequestException", `the request is not sound HTTP: ${message}`);
}

export function bodyTooLarge(most: number): HttpError {
  return new HttpError(413, "RequestTooLargeException", `a request has at most ${most} bytes`);
}
