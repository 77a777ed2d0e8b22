import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { Body } from "./body.ts";
import type { Answer, HttpService } from "./exchange.ts";
import { isHasty, waitOf } from "./hasty-client.ts";
import { lastAnswer } from "./last-answer.ts";
import type { Deliverable, Outbox } from "./outbox.ts";
import { parseError } from "./parse-error.ts";
import type { Patience } from "./patience.ts";
import { headOf } from "./request-head.ts";
import { Turn } from "./turn.ts";

export interface ConnectionSurroundings {
  readonly service: HttpService;
  readonly outbox: Outbox;
  readonly patience: Patience;
  /** Whether connections are to end with the answer to their current request. */
  readonly stopping: () => boolean;
}

/** After its last answer a client may have sent that many requests that it did not know to be in vain. */
const mostInVain = 100;

const nothing = Buffer.alloc(0);

const now = () => performance.now();

/**
 * One client's connection: its requests, which Node's parser has read, are answered one after the other. The next one is not looked at before
 * the client's system has taken the answer to the last.
 */
export class Connection implements Deliverable {
  private readonly socket: Socket;
  private readonly around: ConnectionSurroundings;
  private current: Turn | undefined;
  /** Requests that came meanwhile. */
  private waiting: Turn[] = [];
  /** Bytes that were received until the last answer was sent. */
  private answeredUntil = 0;
  /** What the parser does not take, behind all of these. */
  private failure: Error | undefined;
  /** The last answer is being sent, or was. */
  private last = false;
  /** The client has it, and is only waited for. */
  private farewell = false;
  private inVain = 0;
  private ending: NodeJS.Timeout | undefined;

  constructor(socket: Socket, around: ConnectionSurroundings) {
    this.socket = socket;
    this.around = around;
    socket.on("close", () => this.closed());
    // A close follows. Node listens by itself, but not any more after CONNECT.
    socket.on("error", () => undefined);
  }

  /** Nothing is being asked or answered. */
  get idle(): boolean {
    return this.farewell || (this.current === undefined && this.socket.bytesRead === this.answeredUntil);
  }

  destroy(): void {
    this.socket.destroy();
  }

  /** Takes a request whose head is there. */
  take(request: IncomingMessage, response: ServerResponse): void {
    if (this.last) {
      request.resume();
      if (++this.inVain > mostInVain) this.socket.destroy();
      return;
    }
    const turn = new Turn(request, response);
    if (this.current === undefined) this.begin(turn);
    else {
      this.waiting.push(turn);
      // The parser resumes its socket once it is through with a request: what it has resumed by then is paused after it.
      if (this.waiting.length === 1) process.nextTick(process.nextTick, () => this.holdBack());
    }
  }

  /** Refuses what cannot be read to its end, and everything after it. */
  fail(error: Error): void {
    if (this.last) return;
    if (!this.socket.writable || this.idle) this.socket.destroy();
    else if (this.current?.request.complete !== true) this.refuse(parseError(error));
    else {
      this.failure ??= error;
      // Node would end the connection with the answers before it.
      this.socket.removeAllListeners("end");
    }
  }

  private holdBack(): void {
    if (this.waiting.length > 0 && !this.socket.destroyed) this.socket.pause();
  }

  private begin(turn: Turn): void {
    this.current = turn;
    turn.response.once("close", () => this.sent(turn));
    try {
      this.takeOn(turn);
    } catch (error) {
      this.refuse(error);
    }
    if (this.failure !== undefined && !turn.request.complete && !this.last) this.refuse(parseError(this.failure));
  }

  private takeOn(turn: Turn): void {
    const { service } = this.around;
    const { request, response } = turn;
    const head = headOf(request);
    turn.head = head;
    const { length } = head;
    try {
      turn.exchange = service.begin(head);
    } catch (error) {
      // A body may be long, or never come: it is passed over only where it costs little.
      if (length === undefined || length > service.mostBytes || head.expectsContinue) throw error;
      const refusal = service.refusal(error, head);
      turn.refusal = refusal;
      request.once("end", () => this.answered(turn, refusal));
      request.resume();
      return;
    }
    if (length === 0) this.ask(turn, nothing);
    else {
      if (head.expectsContinue) response.writeContinue();
      this.readBody(turn, new Body(length, service.mostBytes, (bytes) => turn.exchange?.grown(bytes)));
    }
  }

  private readBody(turn: Turn, body: Body): void {
    const { request } = turn;
    request.on("data", (piece: Buffer) => {
      if (this.last) return;
      try {
        body.take(piece);
      } catch (error) {
        this.refuse(error);
      }
    });
    request.once("end", () => this.ask(turn, body.whole));
  }

  private ask(turn: Turn, body: Buffer): void {
    if (this.last) return;
    if (turn.head !== undefined && isHasty(turn.head)) turn.readAt = now();
    turn.exchange?.answer(body).then((answer) => this.answered(turn, answer));
  }

  private answered(turn: Turn, answer: Answer): void {
    if (this.last || this.current !== turn) return;
    turn.answer = answer;
    const wait = turn.readAt === undefined ? 0 : waitOf(answer.body.length, turn.readAt, now);
    if (wait === 0) this.around.outbox.add(this);
    else setTimeout(() => this.around.outbox.add(this), wait);
  }

  /** Sends the answer. */
  deliver(): void {
    const { current } = this;
    if (current?.answer === undefined || this.last || this.socket.destroyed) return;
    const { response, answer } = current;
    if (current.head?.keepAlive !== true || this.around.stopping()) {
      this.last = true;
      response.shouldKeepAlive = false;
    }
    response.writeHead(answer.status, [...answer.headers, "Content-Length", String(answer.body.length)]);
    response.end(answer.body, "latin1");
  }

  /** The client's system has taken the answer, or the connection is gone: on with the next request. */
  private sent(turn: Turn): void {
    turn.end();
    if (this.last || this.current !== turn) return;
    this.current = undefined;
    if (this.around.stopping()) {
      this.last = true;
      this.socket.end();
      return;
    }
    const next = this.waiting.shift();
    if (next !== undefined) this.begin(next);
    else if (this.failure !== undefined) this.refuse(parseError(this.failure));
    else this.answeredUntil = this.socket.bytesRead;
    if (this.waiting.length === 0 && this.socket.isPaused()) this.socket.resume();
  }

  /**
   * Answers what is not taken to its end, and nothing after it. Where it was refused already, that is the answer. What the client still sends is
   * passed over meanwhile, so that it reads the answer, instead of an error in sending.
   */
  private refuse(error: unknown): void {
    const { socket, current, around } = this;
    const { patience, service } = around;
    this.last = true;
    for (const { request } of this.waiting) request.resume();
    this.waiting = [];
    current?.request.resume();
    const answer = current?.refusal ?? service.refusal(error, current?.head);
    this.ending = setTimeout(() => socket.destroy(), patience.silence);
    socket.end(lastAnswer(answer, Date.now(), current?.request.method !== "HEAD"), "latin1", () => {
      clearTimeout(this.ending);
      this.farewell = true;
      current?.end();
      if (!socket.destroyed) this.ending = setTimeout(() => socket.destroy(), patience.farewell);
    });
    if (socket.isPaused()) socket.resume();
  }

  private closed(): void {
    this.last = true;
    this.waiting = [];
    clearTimeout(this.ending);
    this.current?.end();
    this.current = undefined;
  }
}
