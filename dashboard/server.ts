import { randomBytes } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { errorMessage, UserError } from "../common/errors.ts";
import { accessRefusal, apiPrefix, securityHeaders } from "./access.ts";
import { EventWriter } from "./event-writer.ts";
import { type PageFile, pageFiles } from "./page-files.ts";
import { type Asked, type FoundRoute, findRoute, type Route } from "./routes.ts";

/** Bytes of a request's body. */
const mostBody = 1 << 20;

export interface PageOptions {
  /** 0: any free one. */
  readonly port: number;
  readonly routes: readonly Route[];
  /** The view that is shown where the address names none. */
  readonly first: "stack" | "ledger";
  /** Called when somebody asks for the page itself, who need not have its token. */
  readonly onOpen?: (() => void) | undefined;
  /** What went wrong here, not with a request. */
  readonly onError: (error: unknown) => void;
}

/** A page that is being served. */
export interface ServedPage {
  /** The page's address, with its token. */
  readonly address: string;
  stop(): Promise<void>;
}

/**
 * Serves the page on 127.0.0.1, to whoever has its token.
 * @throws the error of listening, such as EADDRINUSE
 */
export async function servePage({ port, routes, first, onOpen, onError }: PageOptions): Promise<ServedPage> {
  const files = await pageFiles(first);
  const token = randomBytes(32).toString("base64url");
  const ended = new AbortController();
  const server = createServer((request, response) => {
    const guard = { port: portOf(server), token };
    answer(request, response, { files, routes, guard, onOpen, ended: ended.signal }).catch((error: unknown) => {
      onError(error);
      if (response.headersSent) response.destroy();
      else sendJson(response, 500, { message: errorMessage(error) });
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", resolve);
  });
  return {
    address: `http://127.0.0.1:${portOf(server)}/#token=${token}`,
    stop: async () => {
      ended.abort();
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

interface Serving extends Pick<PageOptions, "onOpen"> {
  readonly files: ReadonlyMap<string, PageFile>;
  readonly routes: readonly Route[];
  readonly guard: Parameters<typeof accessRefusal>[2];
  readonly ended: AbortSignal;
}

async function answer(request: IncomingMessage, response: ServerResponse, { files, routes, guard, onOpen, ended }: Serving): Promise<void> {
  for (const [name, value] of Object.entries(securityHeaders)) response.setHeader(name, value);
  const method = request.method ?? "GET";
  const target = targetOf(request.url);
  const refused = accessRefusal(target?.pathname ?? "", request.headers, guard);
  if (refused !== undefined) return sendJson(response, refused.status, { message: refused.message });
  if (target === null) return sendJson(response, 400, { message: "what is asked for is no address" });
  const { pathname, searchParams } = target;
  if (pathname === "/") onOpen?.();
  if (!pathname.startsWith(apiPrefix)) return sendFile(response, files.get(pathname), method);
  const found = findRoute(routes, method, pathname);
  if (found === undefined) return sendJson(response, 404, { message: `there is nothing at ${pathname}` });
  if (found === "method") return sendJson(response, 405, { message: `${pathname} is not there for ${method}` });
  const gone = new AbortController();
  response.once("close", () => gone.abort());
  const signal = AbortSignal.any([gone.signal, ended]);
  try {
    const body = method === "POST" ? await jsonBody(request) : undefined;
    await follow(found, { parts: found.parts, query: searchParams, body, signal }, response);
  } catch (error) {
    if (signal.aborted) return;
    if (!(error instanceof UserError)) throw error;
    sendJson(response, 400, described(error));
  }
}

/** A path is all that clients send, but for those who ask through a proxy. @returns null where it is no address: anybody may send anything */
function targetOf(url = "/"): URL | null {
  // A path after the host's name, not beside it: two slashes would begin another host.
  return URL.parse(url.startsWith("/") ? `http://page${url}` : url);
}

async function follow({ route }: FoundRoute, asked: Asked, response: ServerResponse): Promise<void> {
  if ("answer" in route) return sendJson(response, 200, (await route.answer(asked)) ?? {});
  const events = new EventWriter(response);
  try {
    await route.stream(asked, (name, data) => events.emit(name, data));
  } catch (error) {
    if (asked.signal.aborted) return;
    await events.emit("problem", described(error));
    if (!(error instanceof UserError)) throw error;
  } finally {
    events.end();
  }
}

/** An error as the page tells it. */
function described(error: unknown): { message: string; hint?: string | undefined } {
  return { message: errorMessage(error), hint: error instanceof UserError ? error.hint : undefined };
}

/** @throws UserError where the body is too long or no JSON */
async function jsonBody(request: IncomingMessage): Promise<unknown> {
  if (!(request.headers["content-type"] ?? "").startsWith("application/json"))
    throw new UserError("what is posted has to be JSON: content-type application/json");
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > mostBody) throw new UserError(`the request has more than ${mostBody} bytes`);
    chunks.push(chunk);
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString("utf8"));
  } catch {
    throw new UserError("what was posted is no JSON");
  }
}

function sendJson(response: ServerResponse, status: number, value: object): void {
  response.writeHead(status, { "content-type": "application/json" });
  response.end(JSON.stringify(value));
}

function sendFile(response: ServerResponse, file: PageFile | undefined, method: string): void {
  if (file === undefined) sendJson(response, 404, { message: "there is no such file" });
  else if (method !== "GET") sendJson(response, 405, { message: "the page is there to be read" });
  else {
    response.writeHead(200, { "content-type": file.type, "content-length": file.content.length });
    response.end(file.content);
  }
}

function portOf(server: Server): number {
  return (server.address() as AddressInfo | null)?.port ?? 0;
}
