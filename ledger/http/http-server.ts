import { createServer, type Server } from "node:http";
import type { Socket } from "node:net";
import { Connection, type ConnectionSurroundings } from "./connection.ts";
import type { HttpService } from "./exchange.ts";
import { HttpError } from "./http-error.ts";
import { Outbox } from "./outbox.ts";
import { mostHeadBytes } from "./parse-error.ts";
import { defaultPatience, type Patience } from "./patience.ts";
import { TlsDoor, type TlsOptions } from "./tls-door.ts";

export interface HttpServerOptions {
  /** With it https is spoken. */
  readonly tls?: TlsOptions | undefined;
  readonly patience?: Patience;
  readonly log: (message: string) => void;
}

/** HTTP/1.1 for a service of small JSON messages: Node's own parser, answers of our own form to whatever is wrong, and answers sent together. */
export class HttpServer {
  private readonly server: Server;
  private readonly log: (message: string) => void;
  private readonly connections = new Map<unknown, Connection>();
  /** Of clients that may have to come to an agreement on TLS first: some are no connection yet. */
  private readonly sockets = new Set<Socket>();
  private stopping = false;

  constructor(service: HttpService, { patience = defaultPatience, log, tls }: HttpServerOptions) {
    this.log = log;
    this.server = createServer({
      insecureHTTPParser: false,
      // It would be answered without a body: headOf() sees to it.
      requireHostHeader: false,
      maxHeaderSize: mostHeadBytes,
      headersTimeout: patience.head,
      requestTimeout: patience.request,
      keepAliveTimeout: patience.idle,
      connectionsCheckingInterval: patience.checks,
      noDelay: true,
      keepAlive: true,
    });
    this.server.timeout = patience.silence;
    // A header that is not looked at could be one that a request is refused for; their size is limited.
    this.server.maxHeadersCount = 0;
    // A client that has asked and ends its stream still has its answer. Node has no name for it in its documentation.
    Reflect.set(this.server, "httpAllowHalfOpen", true);
    // Node's would cut off answers that are still being sent.
    this.server.closeIdleConnections = () => this.destroyAll(({ idle }) => idle);
    this.listenTo({ service, outbox: new Outbox(), patience, stopping: () => this.stopping });
    if (tls !== undefined) this.putBehind(tls, patience);
  }

  /** @param port 0 takes any free one. @returns the port. @throws the system's errors */
  listen(port: number, host: string): Promise<number> {
    const { server } = this;
    return new Promise((resolve, reject) => {
      server.once("error", reject);
      server.listen(port, host, () => {
        server.off("error", reject);
        server.on("error", (error) => this.log(`a connection was not accepted: ${error.message}`));
        const address = server.address();
        resolve(typeof address === "object" && address !== null ? address.port : port);
      });
    });
  }

  /** Takes no more connections, and answers what is being asked. @param graceMs whoever takes longer is cut off */
  async stop(graceMs: number): Promise<void> {
    this.stopping = true;
    const closed = new Promise((resolve) => this.server.close(resolve));
    const cut = setTimeout(() => this.destroyAll(() => true, this.sockets), graceMs);
    await closed;
    clearTimeout(cut);
  }

  private destroyAll(which: (connection: Connection) => boolean, sockets: Iterable<Socket> = []): void {
    for (const socket of sockets) socket.destroy();
    for (const connection of this.connections.values()) if (which(connection)) connection.destroy();
  }

  private listenTo(around: ConnectionSurroundings): void {
    const { server, connections } = this;
    server.on("connection", (socket: Socket) => {
      connections.set(socket, new Connection(socket, around));
      socket.once("close", () => connections.delete(socket));
    });
    for (const event of ["request", "checkContinue", "checkExpectation"] as const) {
      server.on(event, (request, response) => connections.get(request.socket)?.take(request, response));
    }
    server.on("clientError", (error, socket) => {
      connections.get(socket)?.fail(error);
    });
    server.on("connect", (_request, socket) => {
      socket.resume();
      connections.get(socket)?.fail(new HttpError(501, "NotImplementedException", "there is no method CONNECT"));
    });
  }
  /** Whoever takes a connection at present, Node's parser and we, gets it once it is through the door. */
  private putBehind(tls: TlsOptions, patience: Patience): void {
    const { server, sockets, log } = this;
    const takers = server.listeners("connection");
    const enter = (socket: Socket) => {
      for (const taker of takers) taker.call(server, socket);
    };
    const door = new TlsDoor({ tls, patience, log, enter });
    server.removeAllListeners("connection").on("connection", (socket: Socket) => {
      sockets.add(socket);
      socket.once("close", () => sockets.delete(socket));
      door.take(socket);
    });
  }
}
