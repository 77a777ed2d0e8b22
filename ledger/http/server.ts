import { createServer, type IncomingMessage, type Server } from "node:http";
import type { Registry } from "../control/registry.ts";
import { answerControl } from "../control/router.ts";
import { object } from "../session/requests.ts";
import { type SessionContext, sendCommand } from "../session/send-command.ts";
import type { Sessions } from "../session/session.ts";
import { badRequest, LedgerError } from "../transaction/errors.ts";
import { HttpError, type Reply, sendError, sendJson } from "./answer.ts";
import { Hosts, requestProblem } from "./checks.ts";
import { defaultLimits, Load, type LoadLimits } from "./load.ts";
import { RequestIds } from "./request-ids.ts";

const sessionType = "application/x-amz-json-1.0";
const controlType = "application/json";

/** The largest request: a transaction's 4 MB as base64, and room for what is around it. */
const mostBytes = 8 << 20;

export interface ServerOptions {
  readonly registry: Registry;
  readonly sessions: Sessions;
  readonly now: () => number;
  readonly log: (message: string) => void;
  /** Further names that requests may be addressed to. */
  readonly hosts: readonly string[];
  readonly limits?: LoadLimits;
}

/** A client that takes nothing and sends nothing for so long is given up, in milliseconds; a statement runs for at most 30 s. */
const silence = 60_000;

/** Both of QLDB's APIs on one port: the session API, and the control plane. It does not listen yet. */
export function ledgerServer(options: ServerOptions): Server {
  const hosts = new Hosts(options.hosts);
  const ids = new RequestIds();
  const context: SessionContext = options;
  const load = new Load(options.limits ?? defaultLimits);
  const server = createServer({ noDelay: true, keepAlive: true, requestTimeout: 60_000, headersTimeout: 20_000 }, (request, response) => {
    const isSession = request.headers["x-amz-target"] !== undefined;
    const reply = { response, contentType: isSession ? sessionType : controlType, requestId: ids.next() };
    answer(request, reply, isSession, context, { hosts, load }).catch((error: unknown) => {
      // A client that went away in the middle of its request gets no answer, and is no failure of ours.
      if (request.complete || error instanceof HttpError || error instanceof LedgerError) sendError(reply, error, options.log);
      else response.destroy();
    });
  });
  server.keepAliveTimeout = 75_000;
  server.timeout = silence;
  server.on("clientError", (_error, socket) => {
    if (socket.writable) socket.end("HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n");
    else socket.destroy();
  });
  return server;
}

async function answer(
  request: IncomingMessage,
  reply: Reply,
  isSession: boolean,
  context: SessionContext,
  { hosts, load }: { readonly hosts: Hosts; readonly load: Load },
): Promise<void> {
  if (request.method === "GET" && request.url === "/healthz") {
    const problem = hosts.problem(request.headers.host);
    if (problem !== undefined) throw new HttpError(403, "AccessDeniedException", problem);
    sendJson({ ...reply, contentType: controlType }, 200, { status: "ready" });
    return;
  }
  // The session API has one path: it needs no more than to be compared.
  const url = isSession && request.url === "/" ? undefined : urlOf(request);
  const problem = requestProblem(request.headers, hosts);
  if (problem !== undefined) throw new HttpError(403, "AccessDeniedException", problem);
  const taken = load.admit(request, reply.response);
  if (!isSession && url !== undefined) {
    const { status, body: result } = await answerControl(context.registry, request.method ?? "GET", url, parsed(await readBody(request)));
    taken.answered(sendJson(reply, status, result));
    return;
  }
  const target = request.headers["x-amz-target"];
  if (target !== "QLDBSession.SendCommand" || request.method !== "POST")
    throw new HttpError(400, "UnknownOperationException", `there is no operation ${String(target)}`);
  const result = await sendCommand(object(parsed(await readBody(request)), "the request"), context);
  taken.answered(sendJson(reply, 200, result));
}

function urlOf(request: IncomingMessage): URL {
  const path = request.url ?? "/";
  const url = URL.parse(path, "http://ledger");
  if (url === null) throw new HttpError(400, "UnknownOperationException", `"${path}" is no path`);
  return url;
}

/** @throws HttpError for a body that is too large: the rest of it is not read */
function readBody(request: IncomingMessage): Promise<string> {
  const tooLarge = () => new HttpError(413, "RequestTooLargeException", `a request has at most ${mostBytes} bytes`);
  if (Number(request.headers["content-length"] ?? 0) > mostBytes) throw tooLarge();
  const chunks: Buffer[] = [];
  let size = 0;
  return new Promise((resolve, reject) => {
    request.on("data", (chunk: Buffer) => {
      size += chunk.length;
      if (size > mostBytes) {
        request.pause();
        reject(tooLarge());
      } else chunks.push(chunk);
    });
    let ended = false;
    request.on("end", () => {
      ended = true;
      resolve((chunks.length === 1 ? (chunks[0] ?? Buffer.alloc(0)) : Buffer.concat(chunks)).toString("utf8"));
    });
    request.on("error", reject);
    // Every request closes, and an error takes long to make.
    request.on("close", () => {
      if (!ended) reject(new Error("the request was not sent to its end"));
    });
  });
}

function parsed(body: string): unknown {
  if (body === "") return {};
  try {
    return JSON.parse(body);
  } catch {
    throw badRequest("the request is not JSON");
  }
}
