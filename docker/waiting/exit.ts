import type { ContainerDetails, Engine } from "../engine.ts";

/** How a container's run ended. */
export interface Ending {
  /** Undefined where it was started again and the engine has forgotten. */
  readonly exitCode: number | undefined;
  readonly oomKilled: boolean;
}

/** A container that was waited for exited, was restarted, or is gone. The message is short: whoever waited adds its last log lines. */
export class ContainerExit extends Error {
  override readonly name = "ContainerExit";
  /** Undefined where the container is gone. */
  readonly ending: Ending | undefined;

  constructor(container: string, ending: Ending | undefined) {
    super(`container ${container} ${ending === undefined ? "is not there" : exitOf(ending)}`);
    this.ending = ending;
  }
}

/** So many times started again by the engine while somebody waits is a loop: one crash alone may be of a part that did not find another one yet. */
export const loopRestarts = 2;

/** "exited with code 2", with the reason where the engine knows it. */
export function exitOf({ exitCode, oomKilled }: Ending): string {
  const reason = oomKilled ? " (it ran out of the memory its limit allows)" : "";
  return `${exitCode === undefined ? "ended and was started again" : `exited with code ${exitCode}`}${reason}`;
}

/**
 * How a container's last run ended. One that was started again already says nothing of it: the engine's events do.
 * @param details of the container when its end was noticed
 */
export async function lastEnding(
  engine: Pick<Engine, "pastEvents">,
  { id, running, exitCode, oomKilled, created }: Pick<ContainerDetails, "id" | "running" | "exitCode" | "oomKilled" | "created">,
): Promise<Ending> {
  if (!running) return { exitCode, oomKilled };
  const events = await engine.pastEvents({ container: id, actions: ["die", "oom"], since: new Date(created) }).catch(() => []);
  const last = events.findLastIndex(({ action }) => action === "die");
  const code = events[last]?.attributes.exitCode;
  // The kernel kills first, then the process dies.
  return { exitCode: code === undefined ? undefined : Number(code), oomKilled: events[last - 1]?.action === "oom" };
}
