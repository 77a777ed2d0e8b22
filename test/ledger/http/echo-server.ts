import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import type { Answer, Exchange, HttpService } from "../../../ledger/http/exchange.ts";
import { HttpError } from "../../../ledger/http/http-error.ts";
import { HttpServer } from "../../../ledger/http/http-server.ts";
import type { Patience } from "../../../ledger/http/patience.ts";
import type { RequestHead } from "../../../ledger/http/request-head.ts";
import type { TlsOptions } from "../../../ledger/http/tls-door.ts";

/** Tells what it was asked: whatever a request means to the server is in the answer. */
export interface Echo {
  readonly method: string;
  readonly target: string;
  readonly host: string | null;
  readonly body: string;
}

/** A service behind real sockets that tells every request as it was understood. Paths give it orders. */
export class EchoService implements HttpService {
  readonly mostBytes = 100_000;
  /** Requests taken on, and how many of them are done with. */
  begun = 0;
  over = 0;
  held = 0;
  /** Of the request that came last. */
  head: RequestHead | undefined;
  /** Lets requests for /wait go on. */
  release: () => void = () => undefined;
  private readonly released = new Promise<void>((resolve) => {
    this.release = resolve;
  });

  begin(head: RequestHead): Exchange {
    this.head = head;
    if (head.target === "/refused") throw new HttpError(403, "AccessDeniedException", "refused");
    if ((head.length ?? 0) > this.mostBytes) throw new HttpError(413, "RequestTooLargeException", "too large");
    this.begun++;
    return {
      grown: (bytes) => {
        this.held += bytes;
      },
      answer: async (body) => {
        if (head.target === "/wait") await this.released;
        const { method, target, host = null } = head;
        const repeated = /^\/repeat\/(\d+)$/.exec(target)?.[1];
        const text =
          repeated === undefined ? JSON.stringify({ method, target, host, body: body.toString("latin1") }) : "x".repeat(Number(repeated));
        return { status: 200, headers: ["X-Echo", "yes"], body: text };
      },
      end: () => {
        this.over++;
      },
    };
  }

  refusal(error: unknown, head: RequestHead | undefined): Answer {
    if (!(error instanceof HttpError)) throw error;
    return { status: error.status, headers: ["X-Refused", head?.target ?? "-"], body: error.message };
  }
}

export interface EchoServer {
  readonly service: EchoService;
  readonly server: HttpServer;
  readonly port: number;
}

const unexpected = (message: string): void => {
  throw new Error(message);
};

/** @param patience of its clients @param tls with it it speaks https */
export async function startEcho(patience?: Patience, tls?: TlsOptions, log = unexpected): Promise<EchoServer> {
  const service = new EchoService();
  const server = new HttpServer(service, { log, tls, ...(patience && { patience }) });
  const port = await server.listen(0, "127.0.0.1");
  return { service, server, port };
}

/** Opens a connection; what comes on it is collected. @param ca with it over TLS, to a server that this authority vouches for */
export async function dial(
  port: number,
  ca?: string,
): Promise<{ readonly socket: Socket; readonly text: () => string; readonly closed: Promise<unknown> }> {
  const below = connect({ port, host: "127.0.0.1", noDelay: true, allowHalfOpen: true });
  const tls = { socket: below, ca, host: "127.0.0.1", allowHalfOpen: true };
  const socket = ca === undefined ? below : connectTls(tls);
  let received = "";
  socket.setEncoding("latin1");
  socket.on("data", (text: string) => {
    received += text;
  });
  socket.on("error", () => undefined);
  socket.on("end", () => socket.end());
  const closed = new Promise((resolve) => socket.once("close", resolve));
  await once(socket, ca === undefined ? "connect" : "secureConnect");
  return { socket, text: () => received, closed };
}

/** Sends bytes in pieces, each in a packet of its own, and ends the connection. @returns everything that comes back until it is closed */
export async function talk(port: number, pieces: readonly (string | Buffer)[], ca?: string): Promise<string> {
  const { socket, text, closed } = await dial(port, ca);
  for (const piece of pieces) {
    await new Promise((resolve) => {
      socket.write(typeof piece === "string" ? Buffer.from(piece, "latin1") : piece, resolve);
    });
    // The other side reads what is there before more comes.
    await new Promise(setImmediate);
  }
  socket.end();
  await closed;
  return text();
}

/** A response as it came, its body measured by its own Content-Length. */
export interface Response {
  readonly status: number;
  readonly head: string;
  readonly body: string;
}

/** Takes apart the responses that came on one connection. @throws Error where they are not sound */
export function responses(text: string): Response[] {
  const found: Response[] = [];
  for (let at = 0; at < text.length; ) {
    const end = text.indexOf("\r\n\r\n", at);
    const head = text.slice(at, end);
    const status = Number(/^HTTP\/1\.1 (\d{3}) /.exec(head)?.[1]);
    const length = status === 100 ? 0 : Number(/\r\nContent-Length: (\d+)/.exec(head)?.[1]);
    const body = text.slice(end + 4, end + 4 + length);
    if (end < 0 || Number.isNaN(status + length) || body.length !== length)
      throw new Error(`no sound response: ${JSON.stringify(text.slice(at))}`);
    found.push({ status, head, body });
    at = end + 4 + length;
  }
  return found;
}

/** What the echo server understood. */
export function echoes(text: string): Echo[] {
  return responses(text).map(({ status, body }) => {
    if (status !== 200) throw new Error(`status ${status}: ${body}`);
    return JSON.parse(body) as Echo;
  });
}
