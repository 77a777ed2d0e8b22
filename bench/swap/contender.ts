import type { Built } from "../build.ts";
import type { Usage } from "./usage.ts";

/** How long a swap took, in ms from the rename of the executable. */
export interface SwapTimes {
  /** The new version answers over the service's published port. */
  readonly answered: number;
  /** Service and worker run the new executable, by the hash of their processes, and pass their health checks. */
  readonly proved: number;
  /** Its command has ended, or its watch has told; of those that do neither: as proved. */
  readonly done: number;
  readonly usage: Usage;
  /** Where the time went, for those that tell: phase → ms, in order. */
  readonly profile?: ReadonlyMap<string, number>;
}

/** One way of getting another executable to run as service and worker. */
export interface Contender {
  readonly name: string;
  /** Gets everything running, with this executable. What an interrupted run left goes. */
  start(built: Built): Promise<void>;
  /**
   * Resolves when nothing of it goes on any more.
   * @param built another executable than the one that runs
   * @param other a third one, for those who have to warm up
   */
  swap(built: Built, other: Built): Promise<SwapTimes>;
  /** Removes what `start` made. */
  stop(): Promise<void>;
}
