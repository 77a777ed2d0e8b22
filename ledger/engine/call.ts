/** A request to one of the APIs, once all of it is there. */
export interface EngineCall {
  /** JSON in UTF-8, or nothing. */
  readonly body: Buffer;
  /** What else is known of a request to the control plane; undefined for the session API, whose requests are all alike. */
  readonly control: ControlHead | undefined;
}

/** The head of a request to the control plane. */
export interface ControlHead {
  readonly method: string;
  /** Path and query. */
  readonly target: string;
  /** Its Authorization header. */
  readonly authorization: string | undefined;
}

/** What comes of a request. */
export interface CallResult {
  readonly status: number;
  /** JSON; every character is one byte. */
  readonly body: string;
  /** The name of an error. */
  readonly error: string | undefined;
}

/** Who answers requests; never rejects. */
export interface Answering {
  answer(call: EngineCall): Promise<CallResult>;
}
