import { errorMessage } from "../common/errors.ts";

/** Something that a test has done to a stack, until it is undone. */
export interface Undoable extends AsyncDisposable {
  /** Undoes it; later calls wait for the first. */
  undo(): Promise<void>;
}

/** @param work is done once, however often it is asked for */
export function undoable(work: () => Promise<void>): Undoable {
  let undone: Promise<void> | undefined;
  const undo = () => {
    undone ??= work();
    return undone;
  };
  return { undo, [Symbol.asyncDispose]: undo };
}

/** What is to be undone, last first. */
export class UndoList {
  private readonly steps: (() => Promise<unknown>)[] = [];

  add(step: () => Promise<unknown>): void {
    this.steps.push(step);
  }

  /**
   * Undoes everything, also where a step fails.
   * @throws the failure, or an AggregateError whose message has all of them
   */
  async undo(): Promise<void> {
    const failures: unknown[] = [];
    for (let step = this.steps.pop(); step !== undefined; step = this.steps.pop()) {
      await step().catch((error: unknown) => failures.push(error));
    }
    if (failures.length === 1) throw failures[0];
    if (failures.length > 1) throw new AggregateError(failures, failures.map(errorMessage).join("\n"));
  }
}
