import type { Progress } from "../common/progress.ts";
import { type EngineEvent, progressOf, type StepChange } from "./events.ts";

/** Shows an update as it goes. @returns what to give pulumi's events to */
export function showUpdate(progress: Progress): (event: EngineEvent) => void {
  return (event) => show(progress, progressOf(event));
}

/** Shows of an update only what goes wrong, and what the program has to say. @returns what to give pulumi's events to */
export function showFailures(progress: Progress): (event: EngineEvent) => void {
  return (event) => {
    const change = progressOf(event);
    if (change?.kind === "note" || change?.kind === "failed") show(progress, change);
  };
}

function show(progress: Progress, change: StepChange | undefined): void {
  if (change === undefined) return;
  if (change.kind === "note") progress.line(change.text);
  else if (change.kind === "started") progress.begin(change.step);
  else progress.end(change.step, change.kind === "finished");
}
