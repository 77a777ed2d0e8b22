import { errorCode, errorMessage, UserError } from "../common/errors.ts";

/** A call to the container engine that failed. */
export class EngineError extends UserError {
  /** HTTP status of the engine's answer; undefined where there was none. */
  readonly status: number | undefined;

  constructor(message: string, status?: number, hint?: string, options?: ErrorOptions) {
    super(message, hint, options);
    this.name = "EngineError";
    this.status = status;
  }
}

/** True for the engine's "no such container/image/…". */
export function isNotFound(error: unknown): boolean {
  return error instanceof EngineError && error.status === 404;
}

const startHint = "start it, or run ./nitro setup";

/** The one error for an engine that is not there, not allowed or does not answer. */
export function unreachable(host: string, cause: unknown): EngineError {
  const code = errorCode(cause);
  const reason = reasons[code ?? ""] ?? errorMessage(cause);
  const hint = code === "EACCES" ? "add yourself to the group of the socket (usually docker) and log in again" : startHint;
  return new EngineError(`no container engine answers at ${host}: ${reason}`, undefined, hint, { cause });
}

/** The error for a connection that ended in the middle of a call. */
export function broken(doing: string, host: string, cause: unknown): EngineError {
  return new EngineError(`cannot ${doing}: the connection to ${host} broke`, undefined, undefined, { cause });
}

const reasons: Record<string, string> = {
  ENOENT: "the socket does not exist",
  ECONNREFUSED: "connection refused",
  EACCES: "permission denied",
  ETIMEDOUT: "it does not answer in time",
};

/**
 * @param doing what was asked for, as in "start nitro-alice-redis"
 * @param status of the engine's answer
 * @param body of the answer: the engine's JSON `{message}`, or any text
 */
export function refused(doing: string, status: number, body: string): EngineError {
  return new EngineError(`cannot ${doing}: ${messageOf(body) || `the container engine answered ${status}`}`, status);
}

function messageOf(body: string): string {
  try {
    const parsed: unknown = JSON.parse(body);
    if (typeof parsed === "object" && parsed !== null && "message" in parsed && typeof parsed.message === "string") return parsed.message;
  } catch {
    // Not JSON: a proxy in between answers in plain text.
  }
  return body.trim();
}
