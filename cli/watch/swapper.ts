import type { LoadedExecutable } from "../../executable/staging.ts";

/** How a swap was done: by an update that was armed before, by one from nothing, or in the running containers. */
export type SwapKind = "warm" | "cold" | "live";

/** Brings executables into a stack, one after the other. */
export interface Swapper {
  /** Makes ready for the next swap, so that it takes less time. @returns when it is, or could not be */
  arm(): Promise<void>;
  /** To be called now and then: what was armed may not fit any more. */
  check(): Promise<void>;
  /** A swap may come within a moment: whatever can be looked at already is looked at. */
  lookAhead?(): void;
  /**
   * Resolves once service and worker run the executable, by the hash of their processes, and answer.
   * @param superseded aborted: a newer one waits, so this one is only brought to where the next can follow
   * @throws UserError with the reason and the way back
   */
  swap(executable: LoadedExecutable, superseded: AbortSignal): Promise<SwapKind>;
  /** Ends. What runs is what is declared afterwards. */
  close(): Promise<void>;
}
