import { Agent as HttpAgent, request as httpRequest, type RequestOptions } from "node:http";
import { Agent as HttpsAgent, request as httpsRequest } from "node:https";
import { text as textOf } from "node:stream/consumers";
import { getCACertificates } from "node:tls";
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

/** Whether a ledger does not know what it was asked: it is older than this, or not ours. */
export function isMissingOperation(error: unknown): boolean {
  if (!(error instanceof LedgerRefusal)) return false;
  return error.type === "UnknownOperationException" || error.message.startsWith("there is no operation");
}

export interface LedgerHttpOptions {
  readonly signal?: AbortSignal;
  /** Certificate of an authority, PEM, which may vouch for the server beside those that Node trusts. */
  readonly authority?: string | undefined;
}

/** Asks one ledger server, on both of its APIs. */
export class LedgerHttp {
  readonly endpoint: string;
  private readonly hint: string;
  private readonly signal: AbortSignal | undefined;
  private readonly agent: HttpAgent;

  /**
   * @param endpoint http or https, without a slash at its end
   * @param hint what to do where nothing answers
   */
  constructor(endpoint: string, hint: string, { signal, authority }: LedgerHttpOptions = {}) {
    this.endpoint = endpoint;
    this.hint = hint;
    this.signal = signal;
    const ca = authority === undefined ? {} : { ca: [...getCACertificates("default"), authority] };
    this.agent = isHttps(endpoint) ? new HttpsAgent({ keepAlive: true, ...ca }) : new HttpAgent({ keepAlive: true });
  }

  /** One request of the session API. @returns the body. @throws LedgerRefusal */
  session(body: Json): Promise<Json> {
    return this.ask("POST", "/", { "content-type": "application/x-amz-json-1.0", "x-amz-target": "QLDBSession.SendCommand" }, body);
  }

  /** One request of the control plane. @throws LedgerRefusal */
  control(method: "GET" | "POST" | "DELETE", path: string, body?: Json): Promise<Json> {
    return this.ask(method, path, { "content-type": "application/json" }, body);
  }

  private async ask(method: string, path: string, headers: Readonly<Record<string, string>>, body: Json | undefined): Promise<Json> {
    const sent = { method, headers: { ...headers, authorization } };
    const { status, text, type } = await this.send(path, sent, body && JSON.stringify(body));
    const answer = parsed(text);
    if (answer === undefined) throw new UserError(`${this.endpoint} is no ledger: it answered ${status} ${text.slice(0, 60)}`, this.hint);
    if (status < 400) return answer;
    throw new LedgerRefusal(type ?? String(answer.__type ?? status), String(answer.Message ?? answer.message ?? `status ${status}`));
  }

  private async send(path: string, options: RequestOptions, body: string | undefined): Promise<Answered> {
    const { agent, endpoint, signal } = this;
    try {
      return await exchange(`${endpoint}${path}`, { ...options, agent, signal }, body);
    } catch (error) {
      if (signal?.aborted === true) throw new InterruptedError("stopped", "what was not committed by then is not there");
      const reason = errorCode(error) ?? errorMessage(error);
      if (untrusted.test(reason))
        throw new UserError(
          `the certificate of ${endpoint} is not trusted (${reason})`,
          "where it should be: NODE_EXTRA_CA_CERTS=FILE ./nitro …, with the certificate of its authority",
          { cause: error },
        );
      throw new UserError(`nothing answers at ${endpoint} (${reason})`, this.hint, { cause: error });
    }
  }
}

interface Answered {
  readonly status: number;
  readonly text: string;
  readonly type: string | undefined;
}

/** Codes of OpenSSL and Node for a certificate that does not stand for the server. */
const untrusted = /CERT|LEAF_SIGNATURE/;

function exchange(url: string, options: RequestOptions, body: string | undefined): Promise<Answered> {
  const { promise, resolve, reject } = Promise.withResolvers<Answered>();
  const request = (isHttps(url) ? httpsRequest : httpRequest)(url, options, (response) => {
    const { statusCode: status = 0, headers } = response;
    const type = headers["x-amzn-errortype"];
    textOf(response).then((text) => resolve({ status, text, type: typeof type === "string" ? type : undefined }), reject);
  });
  request.once("error", reject);
  request.end(body);
  return promise;
}

function isHttps(url: string): boolean {
  return url.startsWith("https:");
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
