import { createServer, type Server } from "node:net";
import { AnswerTexts } from "./answer-text.ts";
import { Connection, type ConnectionSurroundings, type Patience } from "./connection.ts";
import type { Service } from "./exchange.ts";
import { Outbox } from "./outbox.ts";

export const defaultPatience: Patience = { idle: 75_000, head: 20_000, request: 60_000, silence: 60_000, farewell: 2_000 };

/** How often connections are looked at, in milliseconds. */
const checkEvery = 2_000;

export interface HttpServerOptions {
  readonly patience?: Patience;
  /** Milliseconds, of a clock that nobody sets. */
  readonly clock?: () => number;
  readonly log: (message: string) => void;
}

/**
 * HTTP/1.1 (RFC 9112) over plain sockets, as far as a service of small JSON messages needs it. Node's own `http` takes half as much processor
 * time again for a request, and sends each answer by itself.
 */
export class HttpServer {
  private readonly server: Server;
  private readonly log: (message: string) => void;
  private readonly connections = new Set<Connection>();
  private checking: NodeJS.Timeout | undefined;
  private stopping = false;

  constructor(service: Service, { patience = defaultPatience, clock = () => performance.now(), log }: HttpServerOptions) {
    this.log = log;
    const texts = new AnswerTexts(Date.now, patience.idle);
    const around: ConnectionSurroundings = { service, texts, outbox: new Outbox(), patience, clock, stopping: () => this.stopping };
    this.server = createServer({ allowHalfOpen: true, noDelay: true, keepAlive: true }, (socket) => {
      const connection = new Connection(socket, around);
      this.connections.add(connection);
      socket.once("close", () => this.connections.delete(connection));
    });
  }

  /** @param port 0 takes any free one. @returns the port. @throws the system's errors */
  listen(port: number, host: string): Promise<number> {
    const { server } = this;
    return new Promise((resolve, reject) => {
      server.once("error", reject);
      server.listen(port, host, () => {
        server.off("error", reject);
        server.on("error", (error) => this.log(`a connection was not accepted: ${error.message}`));
        this.checking = setInterval(() => this.checkPatience(), checkEvery);
        const address = server.address();
        resolve(typeof address === "object" && address !== null ? address.port : port);
      });
    });
  }

  /** Ends the connections of clients that take too long. */
  checkPatience(): void {
    for (const connection of this.connections) connection.checkPatience();
  }

  /** Takes no more connections, and answers what is being asked. @param graceMs whoever takes longer is cut off */
  async stop(graceMs: number): Promise<void> {
    this.stopping = true;
    clearInterval(this.checking);
    const closed = new Promise((resolve) => this.server.close(resolve));
    for (const connection of this.connections) if (connection.idle) connection.destroy();
    const cut = setTimeout(() => {
      for (const connection of this.connections) connection.destroy();
    }, graceMs);
    await closed;
    clearTimeout(cut);
  }
}
