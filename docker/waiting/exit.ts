import type { ContainerDetails } from "../engine.ts";

/** A container that was waited for exited, was restarted, or is gone. The message is short: whoever waited adds its last log lines. */
export class ContainerExit extends Error {
  override readonly name = "ContainerExit";
  /** What the engine says of it; undefined where it is gone. */
  readonly details: ContainerDetails | undefined;

  constructor(container: string, details: ContainerDetails | undefined) {
    super(`container ${container} ${details === undefined ? "is not there" : exitOf(details)}`);
    this.details = details;
  }
}

/** "exited with code 2", with the reason where the engine knows it. */
export function exitOf({ exitCode, oomKilled }: Pick<ContainerDetails, "exitCode" | "oomKilled">): string {
  return `exited with code ${exitCode}${oomKilled ? " (it ran out of the memory its limit allows)" : ""}`;
}
