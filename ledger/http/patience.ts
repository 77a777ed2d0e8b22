/** How long a client may take, in milliseconds. */
export interface Patience {
  /** Between two requests. */
  readonly idle: number;
  /** From a request's first byte, or a connection's beginning, to the end of its head. */
  readonly head: number;
  /** From a request's first byte to its last. */
  readonly request: number;
  /** Without taking anything of its answer. To find the answer may take as long. */
  readonly silence: number;
  /** To end a connection that has had its last answer. */
  readonly farewell: number;
  /** How often it is looked whether a request has taken too long to arrive. */
  readonly checks: number;
}

export const defaultPatience: Patience = {
  idle: 75_000,
  head: 20_000,
  request: 60_000,
  silence: 60_000,
  farewell: 2_000,
  checks: 2_000,
};
