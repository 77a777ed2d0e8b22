import type { Socket } from "node:net";
import type { AnswerTexts } from "./answer-text.ts";
import { type Body, DroppedBody, FixedBody } from "./body.ts";
import { ChunkedBody } from "./chunked-body.ts";
import type { Answer, Exchange, Service } from "./exchange.ts";
import { HeadReader } from "./head-reader.ts";
import { HttpError, malformed } from "./http-error.ts";
import type { Deliverable, Outbox } from "./outbox.ts";
import type { RequestHead } from "./request-head.ts";

/** How long a client may take, in milliseconds. */
export interface Patience {
  /** Between two requests. */
  readonly idle: number;
  /** From a request's first byte to the end of its head. */
  readonly head: number;
  /** From a request's first byte to its last. */
  readonly request: number;
  /** Without taking anything of its answer. To find the answer may take as long. */
  readonly silence: number;
  /** To end a connection that has had its last answer. */
  readonly farewell: number;
}

export interface ConnectionSurroundings {
  readonly service: Service;
  readonly texts: AnswerTexts;
  readonly outbox: Outbox;
  readonly patience: Patience;
  /** Milliseconds, of a clock that nobody sets. */
  readonly clock: () => number;
  /** Whether connections are to end with the answer to their current request. */
  readonly stopping: () => boolean;
}

/** Of requests that a client sends before it has its answer: the rest stays with it. */
const mostAhead = 64 << 10;

const nothing = Buffer.alloc(0);

/**
 * One client's connection: its requests are read and answered one after the other. The next one is not looked at before the client's system
 * has taken the answer to the last.
 */
export class Connection implements Deliverable {
  private readonly socket: Socket;
  private readonly around: ConnectionSurroundings;
  private readonly heads = new HeadReader();
  private phase: "head" | "body" | "answering" | "sending" | "farewell" | "closed" = "head";
  /** When the first byte of the request came, or the phase began. */
  private since: number;
  /** Received, and not looked at yet. */
  private received: Buffer = nothing;
  private head: RequestHead | undefined;
  private body: Body | undefined;
  private exchange: Exchange | undefined;
  /** The answer to a request that was not taken on, while its body is passed over. */
  private refusal: Answer | undefined;
  /** The client sends nothing more. */
  private ended = false;
  /** The answer that is being sent. */
  private outgoing = "";
  /** It is the last one. */
  private last = false;

  constructor(socket: Socket, around: ConnectionSurroundings) {
    this.socket = socket;
    this.around = around;
    this.since = around.clock();
    socket.on("data", (bytes: Buffer) => this.receive(bytes));
    socket.on("end", () => {
      this.ended = true;
      this.advance();
    });
    socket.on("timeout", () => socket.destroy());
    socket.on("close", () => this.closed());
    // A close follows.
    socket.on("error", () => undefined);
  }

  /** Nothing is being asked or answered. */
  get idle(): boolean {
    return this.phase === "farewell" || (this.phase === "head" && !this.heads.hasBegun);
  }

  destroy(): void {
    this.socket.destroy();
  }

  /** Ends the connection where its client has taken too long. */
  checkPatience(): void {
    const { patience, clock } = this.around;
    const limits = { head: patience.head, body: patience.request, answering: patience.silence, farewell: patience.farewell };
    const { phase } = this;
    // What is being sent has its timeout, which the socket knows more about.
    if (phase === "sending" || phase === "closed") return;
    if (clock() - this.since <= (this.idle && phase === "head" ? patience.idle : limits[phase])) return;
    if (!this.idle && phase !== "answering")
      this.refuse(new HttpError(408, "RequestTimeoutException", "the request took too long to arrive"));
    else this.socket.destroy();
  }

  private receive(bytes: Buffer): void {
    // Nothing after a last answer counts: it is taken only so that the client reads the answer, instead of an error in sending.
    if (this.last) return;
    this.received = this.received.length === 0 ? bytes : Buffer.concat([this.received, bytes]);
    if (this.phase !== "head" && this.phase !== "body") {
      if (this.received.length > mostAhead) this.socket.pause();
      return;
    }
    if (this.idle) this.since = this.around.clock();
    this.advance();
  }

  /** Works off what was received, as far as it goes. */
  private advance(): void {
    try {
      while (this.received.length > 0 && (this.phase === "head" || this.phase === "body")) {
        if (this.phase === "head") this.readHead();
        else this.readBody();
      }
      if (this.ended) this.goOnWithoutMore();
    } catch (error) {
      this.refuse(error);
    }
  }

  private goOnWithoutMore(): void {
    if (this.phase === "body" || (this.phase === "head" && this.heads.hasBegun)) throw malformed("it was not sent to its end");
    if (this.phase === "head") this.socket.end();
  }

  private readHead(): void {
    const { received } = this;
    const found = this.heads.read(received, 0);
    this.received = found === undefined || found.end === received.length ? nothing : received.subarray(found.end);
    if (found === undefined) return;
    this.head = found.head;
    this.phase = "body";
    this.begin(found.head);
    if (found.head.length === 0) this.readBody();
  }

  private begin(head: RequestHead): void {
    const { service } = this.around;
    const { length } = head;
    try {
      const exchange = service.begin(head);
      this.exchange = exchange;
      const grown = (bytes: number) => exchange.grown(bytes);
      this.body = length === undefined ? new ChunkedBody(service.mostBytes, grown) : new FixedBody(length, grown);
      if (head.expectsContinue && length !== 0 && this.received.length === 0) this.socket.write("HTTP/1.1 100 Continue\r\n\r\n", "latin1");
    } catch (error) {
      // A body may be long, or never come: it is passed over only where it costs little.
      if (length === undefined || length > service.mostBytes || head.expectsContinue) throw error;
      this.refusal = service.refusal(error, head);
      this.body = new DroppedBody(length);
    }
  }

  private readBody(): void {
    const { body, received, refusal, exchange } = this;
    if (body === undefined) return;
    const end = body.take(received, 0);
    this.received = end === received.length ? nothing : received.subarray(end);
    if (body.whole === undefined) return;
    this.body = undefined;
    this.refusal = undefined;
    if (refusal !== undefined) this.send(refusal, this.keeps);
    else if (exchange !== undefined) {
      this.phase = "answering";
      this.since = this.around.clock();
      exchange.answer(body.whole).then(this.answered);
    }
  }

  private readonly answered = (answer: Answer): void => {
    if (this.phase === "answering") this.send(answer, this.keeps);
  };

  /** Answers what cannot be read to its end, and nothing after it. Where it was refused already, that is the answer. */
  private refuse(error: unknown): void {
    this.received = nothing;
    this.body = undefined;
    this.send(this.refusal ?? this.around.service.refusal(error, this.head), false);
  }

  /** Whether the connection goes on after the current request. */
  private get keeps(): boolean {
    return this.head?.keepAlive === true && !this.around.stopping() && !(this.ended && this.received.length === 0);
  }

  private send(answer: Answer, keep: boolean): void {
    this.outgoing = this.around.texts.text(answer, keep, this.head?.method !== "HEAD");
    this.head = undefined;
    this.last = !keep;
    this.phase = "sending";
    this.around.outbox.add(this);
  }

  /** Sends the answer, and goes on with the next request once the client's system has taken it. */
  deliver(): void {
    const { socket, outgoing } = this;
    this.outgoing = "";
    if (this.phase !== "sending" || socket.destroyed) return;
    socket.write(outgoing, "latin1");
    if (!this.last && socket.writableLength === 0) {
      this.sent();
      return;
    }
    // The client's system did not take all of it yet, or is to be told that it was the last.
    socket.pause();
    socket.setTimeout(this.around.patience.silence);
    const then = (): void => {
      if (this.phase !== "sending" || socket.destroyed) return;
      socket.setTimeout(0);
      this.sent();
    };
    if (this.last) socket.end(then);
    else socket.write("", "latin1", then);
  }

  private sent(): void {
    this.exchange?.end();
    this.exchange = undefined;
    this.since = this.around.clock();
    if (this.socket.isPaused()) this.socket.resume();
    if (!this.last && this.around.stopping()) {
      this.last = true;
      this.socket.end();
    }
    this.phase = this.last ? "farewell" : "head";
    this.advance();
  }

  private closed(): void {
    this.phase = "closed";
    this.received = nothing;
    this.body = undefined;
    this.exchange?.end();
    this.exchange = undefined;
  }
}
