import type { IncomingMessage, ServerResponse } from "node:http";
import type { Answer, Exchange } from "./exchange.ts";
import type { RequestHead } from "./request-head.ts";

/** A request on a connection, from its head until its client has the answer. */
export class Turn {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  head: RequestHead | undefined;
  exchange: Exchange | undefined;
  /** The answer to a request that was not taken on, while its body is passed over. */
  refusal: Answer | undefined;
  /** When the request was there, of a client that must not have its answer too soon. */
  readAt: number | undefined;
  /** What is to be sent. */
  answer: Answer | undefined;

  constructor(request: IncomingMessage, response: ServerResponse) {
    this.request = request;
    this.response = response;
  }

  /** The client has the answer, or is gone: nothing is held any more. */
  end(): void {
    this.exchange?.end();
    this.exchange = undefined;
  }
}
