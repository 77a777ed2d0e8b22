import { Duplex } from "node:stream";
import { encodeFrame, FrameDecoder, type Kind, type TunnelFrame } from "./frames.ts";

/** Bytes that one end may send on a connection before the other has taken some: a slow reader stops its own connection and no other. */
const window = 256 * 1024;

/** Longest piece in one frame: connections take turns. */
const longestPiece = 32 * 1024;

/** Called for a connection that the other end opens. @param target such as "service:80" */
export type OnOpen = (target: string, connection: Duplex) => void;

/** Many two-way connections over one stream of bytes. Both ends run this; one of them opens. */
export class Mux {
  private readonly send: (bytes: Buffer) => void;
  private readonly onOpen: OnOpen | undefined;
  private readonly decoder = new FrameDecoder();
  private readonly connections = new Map<number, Connection>();
  private last = 0;

  /** @param send hands bytes to the other end, in order */
  constructor(send: (bytes: Buffer) => void, onOpen?: OnOpen) {
    this.send = send;
    this.onOpen = onOpen;
  }

  /** @returns a connection to a target that the other end can reach; it is destroyed where that fails */
  open(target: string): Duplex {
    this.last++;
    const connection = this.add(this.last);
    this.sendFrame("open", this.last, Buffer.from(target));
    return connection;
  }

  /** Takes what came from the other end. @throws Error for bytes that are no frames */
  receive(bytes: Buffer): void {
    for (const frame of this.decoder.push(bytes)) this.handle(frame);
  }

  /** Ends all connections: the stream is gone. */
  close(error?: Error): void {
    for (const connection of [...this.connections.values()]) connection.destroy(error);
  }

  private handle({ kind, connection: number, payload }: TunnelFrame): void {
    if (kind === "open") {
      if (this.onOpen === undefined) this.sendFrame("reset", number);
      else this.onOpen(payload.toString("utf8"), this.add(number));
      return;
    }
    // Frames of a connection that was just reset may still be on their way.
    const connection = this.connections.get(number);
    if (kind === "data") connection?.received(payload);
    else if (kind === "end") connection?.ended();
    else if (kind === "credit") connection?.granted(payload.readUInt32BE(0));
    else connection?.wasReset();
  }

  private add(number: number): Connection {
    const connection = new Connection((kind, payload) => this.sendFrame(kind, number, payload));
    this.connections.set(number, connection);
    connection.once("close", () => this.connections.delete(number));
    return connection;
  }

  private sendFrame(kind: Kind, connection: number, payload: Buffer = Buffer.alloc(0)): void {
    this.send(encodeFrame({ kind, connection, payload }));
  }
}

interface Pending {
  readonly chunk: Buffer;
  readonly done: () => void;
}

class Connection extends Duplex {
  private readonly send: (kind: Kind, payload?: Buffer) => void;
  private credit = window;
  private pending: Pending | undefined;
  /** Bytes received and not yet granted anew. */
  private taken = 0;
  private finished = { here: false, there: false };

  constructor(send: (kind: Kind, payload?: Buffer) => void) {
    super({ allowHalfOpen: true, readableHighWaterMark: window });
    this.send = send;
  }

  received(payload: Buffer): void {
    this.taken += payload.length;
    this.push(payload);
  }

  ended(): void {
    this.finished.there = true;
    this.push(null);
  }

  granted(bytes: number): void {
    this.credit += bytes;
    const waiting = this.pending;
    this.pending = undefined;
    if (waiting !== undefined) this.sendPieces(waiting);
  }

  wasReset(): void {
    this.finished = { here: true, there: true };
    this.destroy(Object.assign(new Error("the other end of the tunnel closed the connection"), { code: "ECONNRESET" }));
  }

  /** Called when the reader has room again: so has the other end. */
  override _read(): void {
    if (this.taken === 0) return;
    const grant = Buffer.alloc(4);
    grant.writeUInt32BE(this.taken);
    this.taken = 0;
    if (!this.finished.there) this.send("credit", grant);
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.sendPieces({ chunk, done });
  }

  override _final(done: () => void): void {
    this.finished.here = true;
    this.send("end");
    done();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    if (!this.finished.here || !this.finished.there) this.send("reset");
    done(error);
  }

  private sendPieces({ chunk, done }: Pending): void {
    let rest = chunk;
    while (rest.length > 0 && this.credit > 0) {
      const piece = rest.subarray(0, Math.min(this.credit, longestPiece));
      this.credit -= piece.length;
      rest = rest.subarray(piece.length);
      this.send("data", piece);
    }
    if (rest.length === 0) done();
    else this.pending = { chunk: rest, done };
  }
}
