/** What the world outside gives a ledger; tests give their own. */
export interface LedgerSurroundings {
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly log: (message: string) => void;
  /** Told that the disk failed: nothing more can be acknowledged. */
  readonly onFailure: (error: Error) => void;
}
