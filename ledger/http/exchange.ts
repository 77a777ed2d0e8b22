import type { RequestHead } from "./request-head.ts";

/** What a request is answered with. */
export interface Answer {
  readonly status: number;
  /** Names and values by turns; what the connection itself says is not among them. */
  readonly headers: readonly string[];
  /** Every character is one byte. */
  readonly body: string;
}

/** What is asked on the connections. */
export interface HttpService {
  /** Bytes that a body in chunks has at most. */
  readonly mostBytes: number;
  /**
   * Takes a request on, once its head is there.
   * @throws what refusal() makes an answer of, without waiting for the body
   */
  begin(head: RequestHead): Exchange;
  /** The answer to what begin threw, or to what is wrong with a request, whose head may never have been there. */
  refusal(error: unknown, head: RequestHead | undefined): Answer;
}

/** A request that was taken on. */
export interface Exchange {
  /** So many bytes more are held, of a body that does not come at once. @throws what refuses it */
  grown(bytes: number): void;
  /** The answer; never rejects. */
  answer(body: Buffer): Promise<Answer>;
  /** The client has taken the answer, or is gone. */
  end(): void;
}
