import type { Socket } from "node:net";
import { createServer, type Server, type TLSSocket } from "node:tls";
import type { Patience } from "./patience.ts";

/** What a server proves with who it is: PEM, both. */
export interface ServerIdentity {
  readonly certificate: string;
  readonly key: string;
}

export interface TlsOptions {
  /** Asked whenever a client begins with TLS: undefined where there is none yet. */
  readonly identity: () => ServerIdentity | undefined;
  /** Whether the same port speaks plain http, too. */
  readonly plainToo: boolean;
}

export interface TlsDoorArgs {
  readonly tls: TlsOptions;
  readonly patience: Pick<Patience, "head">;
  readonly log: (message: string) => void;
  /** Takes a connection once it can be read: as it came, or as what TLS makes of it. */
  readonly enter: (socket: Socket | TLSSocket) => void;
}

/** The first byte of a record that begins a handshake: RFC 8446, section 5.1. No request begins with it. */
const handshake = 22;

/** What connections go through before HTTP is read from them. */
export class TlsDoor {
  private readonly args: TlsDoorArgs;
  /** It does not listen: it gets connections of the one that does. */
  private readonly server: Server;
  private shown: ServerIdentity | undefined;

  constructor(args: TlsDoorArgs) {
    this.args = args;
    this.server = createServer({ allowHalfOpen: true, handshakeTimeout: args.patience.head, ALPNProtocols: ["http/1.1"] });
    this.server.on("secureConnection", args.enter);
    // They came to no agreement: nobody is there who could read an answer.
    this.server.on("tlsClientError", (_error, socket) => socket.destroy());
  }

  take(socket: Socket): void {
    if (this.args.tls.plainToo) this.sort(socket);
    else this.secure(socket);
  }

  /** A client's first byte tells what it speaks. */
  private sort(socket: Socket): void {
    const { patience, enter } = this.args;
    const leave = () => socket.destroy();
    socket.setTimeout(patience.head, leave);
    socket.on("error", leave).once("end", leave);
    socket.once("data", (first: Buffer) => {
      socket.setTimeout(0, leave).off("error", leave).off("end", leave);
      socket.pause();
      socket.unshift(first);
      if (first[0] === handshake) return this.secure(socket);
      enter(socket);
      // Whoever reads it is there by then.
      process.nextTick(() => socket.resume());
    });
  }

  private secure(socket: Socket): void {
    const { tls, log } = this.args;
    try {
      const identity = tls.identity();
      if (identity === undefined) throw new Error("there is no certificate yet");
      if (identity !== this.shown) this.server.setSecureContext({ cert: identity.certificate, key: identity.key });
      this.shown = identity;
    } catch (error) {
      log(`a client that speaks TLS was sent away: ${error instanceof Error ? error.message : String(error)}`);
      socket.destroy();
      return;
    }
    this.server.emit("connection", socket);
  }
}
