import { setImmediate as othersTurn } from "node:timers/promises";
import { TimeSlices } from "./time-slices.ts";

/** Runs what is done in steps to its end, without a turn for others: for what is bounded by itself. */
export function atOnce<T>(steps: Iterator<unknown, T>): T {
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
}

/**
 * Runs what is done in steps, and lets others have their turn whenever it has run long enough.
 * @param check asked after others had their turn; what it throws ends the work
 */
export async function inTurns<T>(steps: Iterator<unknown, T>, check: () => void): Promise<T> {
  const slices = new TimeSlices(() => performance.now());
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
    if (!slices.tick()) continue;
    await othersTurn();
    check();
  }
}
