import { createServer, type Server } from "node:http";
import { createServer as createTlsServer, type Server as TlsServer } from "node:https";
import type { Socket } from "node:net";
import { Connection, type ConnectionSurroundings } from "./connection.ts";
import type { HttpService } from "./exchange.ts";
import { HttpError } from "./http-error.ts";
import { Outbox } from "./outbox.ts";
import { mostHeadBytes } from "./parse-error.ts";
import { defaultPatience, type Patience } from "./patience.ts";

/** What a server proves with who it is: PEM, both. */
export interface ServerIdentity {
  readonly certificate: string;
  readonly key: string;
}

export interface HttpServerOptions {
  /** With it https is spoken, and nothing else. */
  readonly identity?: ServerIdentity;
  readonly patience?: Patience;
  readonly log: (message: string) => void;
}

/** HTTP/1.1 for a service of small JSON messages: Node's own parser, answers of our own form to whatever is wrong, and answers sent together. */
export class HttpServer {
  private readonly server: Server;
  /** The same, where it speaks https. */
  private readonly tls: TlsServer | undefined;
  private readonly log: (message: string) => void;
  private readonly connections = new Map<unknown, Connection>();
  /** Sockets below connections of https: some have not become one yet. */
  private readonly sockets = new Set<Socket>();
  private stopping = false;

  constructor(service: HttpService, { patience = defaultPatience, log, identity }: HttpServerOptions) {
    this.log = log;
    const options = {
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
    };
    const tls = { ...options, allowHalfOpen: true, handshakeTimeout: patience.head };
    this.tls = identity && createTlsServer({ ...tls, cert: identity.certificate, key: identity.key });
    this.server = this.tls ?? createServer(options);
    this.server.timeout = patience.silence;
    // A header that is not looked at could be one that a request is refused for; their size is limited.
    this.server.maxHeadersCount = 0;
    // A client that has asked and ends its stream still has its answer. Node has no name for it in its documentation.
    Reflect.set(this.server, "httpAllowHalfOpen", true);
    // Node's would cut off answers that are still being sent.
    this.server.closeIdleConnections = () => this.destroyAll(({ idle }) => idle);
    this.listenTo({ service, outbox: new Outbox(), patience, stopping: () => this.stopping });
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

  /** Connections from now on get another certificate. */
  identify({ certificate, key }: ServerIdentity): void {
    this.tls?.setSecureContext({ cert: certificate, key });
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
    const { server, connections, sockets } = this;
    this.tls?.on("connection", (socket: Socket) => {
      sockets.add(socket);
      socket.once("close", () => sockets.delete(socket));
    });
    server.on(this.tls === undefined ? "connection" : "secureConnection", (socket: Socket) => {
      connections.set(socket, new Connection(socket, around));
      socket.once("close", () => connections.delete(socket));
    });
    for (const event of ["request", "checkContinue", "checkExpectation"] as const) {
      server.on(event, (request, response) => connections.get(request.socket)?.take(request, response));
    }
    server.on("clientError", (error, socket) => {
      const connection = connections.get(socket);
      // One without a connection came to no agreement on TLS.
      if (connection === undefined) socket.destroy();
      else connection.fail(error);
    });
    server.on("connect", (_request, socket) => {
      socket.resume();
      connections.get(socket)?.fail(new HttpError(501, "NotImplementedException", "there is no method CONNECT"));
    });
  }
}
