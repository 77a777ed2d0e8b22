import { errorCode, errorMessage, InterruptedError, UserError } from "../../common/errors.ts";

/** Local ledgers want a signature of the right form; they check none. */
const authorization = "AWS4-HMAC-SHA256 Credential=nitro/20000101/us-east-1/qldb/aws4_request, SignedHeaders=host, Signature=none";

type Json = Readonly<Record<string, unknown>>;

/** An error that a ledger answered with. */
export class LedgerRefusal extends UserError {
  /** QLDB's name of it, such as BadRequestException. */
  readonly type: string;

  constructor(type: string, message: string, hint?: string) {
    super(message, hint);
    this.type = type;
  }
}

/** Asks one ledger server, on both of its APIs. */
export class LedgerHttp {
  readonly endpoint: string;
  private readonly hint: string;
  private readonly signal: AbortSignal | undefined;

  /**
   * @param endpoint without a slash at its end
   * @param hint what to do where nothing answers
   */
  constructor(endpoint: string, hint: string, signal?: AbortSignal) {
    this.endpoint = endpoint;
    this.hint = hint;
    this.signal = signal;
  }

  /** One request of the session API. @returns the body. @throws LedgerRefusal */
  session(body: Json): Promise<Json> {
    return this.ask("POST", "/", { "content-type": "application/x-amz-json-1.0", "x-amz-target": "QLDBSession.SendCommand" }, body);
  }

  /** One request of the control plane. @throws LedgerRefusal */
  control(method: "GET" | "POST", path: string, body?: Json): Promise<Json> {
    return this.ask(method, path, { "content-type": "application/json" }, body);
  }

  private async ask(method: string, path: string, headers: Readonly<Record<string, string>>, body: Json | undefined): Promise<Json> {
    const { status, text, type } = await this.send(path, {
      method,
      headers: { ...headers, authorization },
      body: body && JSON.stringify(body),
      signal: this.signal,
    });
    const answer = parsed(text);
    if (answer === undefined) throw new UserError(`${this.endpoint} is no ledger: it answered ${status} ${text.slice(0, 60)}`, this.hint);
    if (status < 400) return answer;
    throw new LedgerRefusal(type ?? String(answer.__type ?? status), String(answer.Message ?? answer.message ?? `status ${status}`));
  }

  private async send(path: string, init: RequestInit): Promise<{ status: number; text: string; type: string | undefined }> {
    try {
      const response = await fetch(`${this.endpoint}${path}`, init);
      return { status: response.status, text: await response.text(), type: response.headers.get("x-amzn-errortype") ?? undefined };
    } catch (error) {
      if (this.signal?.aborted === true) throw new InterruptedError("stopped", "what was not committed by then is not there");
      const cause = error instanceof Error ? error.cause : undefined;
      const reason = errorCode(cause) ?? errorMessage(cause ?? error);
      throw new UserError(`nothing answers at ${this.endpoint} (${reason})`, this.hint, { cause: error });
    }
  }
}

function parsed(text: string): Json | undefined {
  if (text === "") return {};
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Json) : undefined;
  } catch {
    return undefined;
  }
}
