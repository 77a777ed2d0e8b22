import { ControlError } from "../control/errors.ts";
import type { Answering, ControlHead } from "../engine/call.ts";
import { callResult, errorResult } from "../engine/result.ts";
import { badRequest } from "../transaction/errors.ts";
import { answerOf, type Reply } from "./answer.ts";
import { Hosts, requestProblem } from "./checks.ts";
import type { Answer, Exchange, HttpService } from "./exchange.ts";
import { bodyTooLarge, HttpError } from "./http-error.ts";
import { HttpServer } from "./http-server.ts";
import { defaultLimits, Load, type LoadLimits, type Taken } from "./load.ts";
import type { Patience } from "./patience.ts";
import type { RequestHead } from "./request-head.ts";
import { RequestIds } from "./request-ids.ts";
import type { TlsOptions } from "./tls-door.ts";

const sessionType = "application/x-amz-json-1.0";
const controlType = "application/json";

/** The largest request: a transaction's 4 MB as base64, and room for what is around it. */
const mostBytes = 8 << 20;

export interface ServerOptions {
  /** Answers what was let in. */
  readonly engine: Answering;
  readonly log: (message: string) => void;
  /** Further names that requests may be addressed to. */
  readonly hosts: readonly string[];
  readonly limits?: LoadLimits;
  readonly patience?: Patience;
  readonly tls?: TlsOptions | undefined;
}

/** Both of QLDB's APIs on one port: the session API, and the control plane. It does not listen yet. */
export function ledgerServer(options: ServerOptions): HttpServer {
  const { log, patience, tls } = options;
  return new HttpServer(new LedgerService(options), { log, tls, ...(patience && { patience }) });
}

/** Decides from a request's head whether it is taken on, and answers it once its body is there. */
class LedgerService implements HttpService {
  readonly mostBytes = mostBytes;
  private readonly engine: Answering;
  private readonly log: (message: string) => void;
  private readonly hosts: Hosts;
  private readonly load: Load;
  private readonly ids = new RequestIds();

  constructor(options: ServerOptions) {
    this.engine = options.engine;
    this.log = options.log;
    this.hosts = new Hosts(options.hosts);
    this.load = new Load(options.limits ?? defaultLimits);
  }

  begin(head: RequestHead): Exchange {
    const { operation, method, target, length = 0 } = head;
    if (method === "GET" && target === "/healthz") {
      refuse(this.hosts.problem(head.host));
      return health(this.reply(head));
    }
    // The session API has one path: it needs no more than to be compared.
    const control = operation !== undefined && target === "/" ? undefined : controlHead(head);
    refuse(requestProblem(head, this.hosts));
    if (operation !== undefined && (operation !== "QLDBSession.SendCommand" || method !== "POST"))
      throw new HttpError(400, "UnknownOperationException", `there is no operation ${operation}`);
    if (length > mostBytes) throw bodyTooLarge(mostBytes);
    const taken = this.load.admit();
    return new LedgerExchange(this, head, operation === undefined ? control : undefined, taken);
  }

  refusal(error: unknown, head: RequestHead | undefined): Answer {
    return answerOf(this.reply(head), errorResult(asItsApiTells(error, head), this.log));
  }

  async answer(head: RequestHead, control: ControlHead | undefined, taken: Taken, body: Buffer): Promise<Answer> {
    let answer: Answer;
    try {
      taken.arrived(body.length);
      answer = answerOf(this.reply(head), await this.engine.answer({ body, control }));
      taken.answered(answer.body.length);
    } catch (error) {
      answer = this.refusal(error, head);
      taken.answered(answer.body.length);
    }
    return answer;
  }

  private reply(head: RequestHead | undefined): Reply {
    return { contentType: head?.operation === undefined ? controlType : sessionType, requestId: this.ids.next() };
  }
}

/** A request that counts to the load until its client has the answer. */
class LedgerExchange implements Exchange {
  private readonly service: LedgerService;
  private readonly head: RequestHead;
  private readonly control: ControlHead | undefined;
  private readonly taken: Taken;

  constructor(service: LedgerService, head: RequestHead, control: ControlHead | undefined, taken: Taken) {
    this.service = service;
    this.head = head;
    this.control = control;
    this.taken = taken;
  }

  grown(bytes: number): void {
    this.taken.grown(bytes);
  }

  answer(body: Buffer): Promise<Answer> {
    return this.service.answer(this.head, this.control, this.taken, body);
  }

  end(): void {
    this.taken.end();
  }
}

/** Clients of both APIs know no error of a body that is too large: they are told what they would hear of too large a parameter. */
function asItsApiTells(error: unknown, head: RequestHead | undefined): unknown {
  if (!(error instanceof HttpError && error.status === 413)) return error;
  return head?.operation === undefined ? new ControlError("InvalidParameterException", error.message) : badRequest(error.message);
}

/** Takes up nothing: it is answered under any load. */
function health(reply: Reply): Exchange {
  const answer = answerOf(reply, callResult(200, { status: "ready" }));
  return { grown: () => undefined, answer: () => Promise.resolve(answer), end: () => undefined };
}

function refuse(problem: string | undefined): void {
  if (problem !== undefined) throw new HttpError(403, "AccessDeniedException", problem);
}

function controlHead({ method, target, authorization }: RequestHead): ControlHead {
  if (URL.parse(target, "http://ledger") === null) throw new HttpError(400, "UnknownOperationException", `"${target}" is no path`);
  return { method, target, authorization };
}
