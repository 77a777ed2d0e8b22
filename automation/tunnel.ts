import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { errorCode, UserError } from "../common/errors.ts";
import { portHolder } from "../common/ports.ts";
import type { Engine, ExecStream } from "../docker/engine.ts";
import { innerPorts, type PublishedRole, publishedRoles, stackNames } from "../model/names.ts";
import { roleContainer } from "../model/parts.ts";
import { Mux } from "../tunnel/mux.ts";
import { join } from "../tunnel/relay.ts";

/** What runs at the other end. */
const relayCommand = ["node", "/app/tunnel.mjs"];

/** The parts that can be the other end: both see all parts. */
type RelayPart = "key-feeder" | "ledger";

export interface TunnelOptions {
  /** The part at the other end: by default the key-feeder, which is in every stack. */
  readonly through?: RelayPart;
  /** Ports on 127.0.0.1 here; any free ones by default. */
  readonly ports?: Readonly<Record<PublishedRole, number>>;
  /** Gets a line when the connection to the engine was lost; the next use makes it anew. */
  readonly onLost?: (reason: string) => void;
}

/**
 * The published ports of a stack, on this machine, whichever the engine runs on. All connections go through one command in one of the stack's
 * containers, by the engine's own API: whoever reaches the engine needs no other way.
 */
export class StackTunnel {
  /** On 127.0.0.1. */
  readonly ports: Readonly<Record<PublishedRole, number>>;
  private readonly servers: readonly Server[];
  private readonly link: Link;

  private constructor(link: Link, servers: readonly Server[], ports: StackTunnel["ports"]) {
    this.link = link;
    this.servers = servers;
    this.ports = ports;
  }

  /**
   * Opens it, and makes sure that the other end answers.
   * @throws UserError where the stack is not up, or a port is in use
   */
  static async open(engine: Engine, stack: string, owner: string, options: TunnelOptions = {}): Promise<StackTunnel> {
    const { through = "key-feeder", onLost } = options;
    const relay = await roleContainer(engine, stack, through, owner);
    if (!relay.running) throw new UserError(`stack "${stack}" is not up: its ${through} does not run`, `./nitro up -s ${stack}`);
    const link = new Link(engine, stackNames(stack).containers[through], onLost);
    const servers: Server[] = [];
    try {
      await link.connected();
      const ports: [PublishedRole, number][] = [];
      for (const role of publishedRoles) {
        const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => link.serve(socket, `${role}:${innerPorts[role]}`));
        servers.push(server);
        ports.push([role, await listen(server, options.ports?.[role] ?? 0, stack)]);
      }
      return new StackTunnel(link, servers, Object.fromEntries(ports) as Record<PublishedRole, number>);
    } catch (error) {
      for (const server of servers) server.close();
      link.close();
      throw error;
    }
  }

  close(): void {
    for (const server of this.servers) server.close();
    this.link.close();
  }
}

/** The one stream to the relay, made anew where it broke. */
class Link {
  private readonly engine: Engine;
  private readonly container: string;
  private readonly onLost: ((reason: string) => void) | undefined;
  private readonly stop = new AbortController();
  private readonly sockets = new Set<Socket>();
  private mux: Promise<Mux> | undefined;

  constructor(engine: Engine, container: string, onLost: ((reason: string) => void) | undefined) {
    this.engine = engine;
    this.container = container;
    this.onLost = onLost;
  }

  connected(): Promise<Mux> {
    this.mux ??= this.connect();
    return this.mux;
  }

  serve(socket: Socket, target: string): void {
    this.sockets.add(socket);
    socket.once("close", () => this.sockets.delete(socket));
    socket.on("error", () => undefined);
    this.connected().then(
      (mux) => join(socket, mux.open(target)),
      () => socket.destroy(),
    );
  }

  close(): void {
    this.stop.abort();
    for (const socket of this.sockets) socket.destroy();
    this.mux?.then((mux) => mux.close()).catch(() => undefined);
  }

  private async connect(): Promise<Mux> {
    try {
      const stream = await this.engine.openExec(this.container, relayCommand);
      this.stop.signal.addEventListener("abort", () => stream.stdin.destroy(), { once: true });
      const mux = new Mux((bytes) => stream.stdin.write(bytes));
      void this.read(stream, mux);
      return mux;
    } catch (error) {
      this.mux = undefined;
      throw error;
    }
  }

  private async read({ stdin, output }: ExecStream, mux: Mux): Promise<void> {
    let complaint = "";
    try {
      for await (const { stream, data } of output) {
        if (stream === "stdout") mux.receive(data);
        else complaint = (complaint + data.toString("utf8")).slice(-500);
      }
    } catch (error) {
      complaint ||= error instanceof Error ? error.message : String(error);
    }
    this.mux = undefined;
    stdin.destroy();
    mux.close();
    if (!this.stop.signal.aborted) this.onLost?.(complaint.trim() || `container ${this.container} ended it`);
  }
}

function listen(server: Server, port: number, stack: string): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", (error) => {
      if (errorCode(error) !== "EADDRINUSE") return reject(error);
      void portHolder(port).then((holder) =>
        reject(
          new UserError(
            `port ${port} on 127.0.0.1 is in use by ${holder ?? "a process that this user may not see"}`,
            `stop it, or take other ports: ./nitro tunnel -s ${stack} --base 30000`,
          ),
        ),
      );
    });
    server.listen(port, "127.0.0.1", () => resolve((server.address() as AddressInfo).port));
  });
}
