import { setTimeout as pause } from "node:timers/promises";
import { RunError } from "@pulumi/pulumi";
import type { ContainerDetails, Engine } from "../docker/engine.ts";
import { lastWords } from "../docker/last-lines.ts";
import { loopRestarts } from "../docker/waiting/exit.ts";
import { type Role, roles, type StackNames } from "../model/names.ts";
import { blockedBy } from "./healthy.ts";

export interface CrashWatchArgs {
  readonly engine: Pick<Engine, "inspect" | "pastEvents" | "logs">;
  readonly names: StackNames;
  /** Ids of the containers that were there before the update. */
  readonly before: ReadonlySet<string>;
  /** Until it is there nothing changes: an update that is armed waits for it, perhaps for minutes. */
  readonly executable: Promise<unknown>;
  /** Aborted: nobody needs to know any more. */
  readonly superseded: AbortSignal | undefined;
  /** Between two looks, in ms. */
  readonly intervalMs?: number;
}

/**
 * Looks at every part while some are waited for: one that has answered and then crashes again and again would else be found out by what others
 * say that need it, minutes later; and one that crashes at once only when Pulumi's provider has given it up.
 */
export class CrashWatch {
  private readonly args: CrashWatchArgs;
  /** By container id: how often it was started again when it began to count. */
  private readonly counted = new Map<string, number>();
  private readonly settledRoles = new Set<string>();
  private readonly crash = Promise.withResolvers<never>();
  private waiting = 0;
  private looking = false;

  constructor(args: CrashWatchArgs) {
    this.args = args;
    // Whoever waits has it too.
    this.crash.promise.catch(() => {});
  }

  /** From now on the part counts, also in a container that was there before: the update has left it as it is, or has brought what it needs. */
  settled(role: string): void {
    this.settledRoles.add(role);
  }

  /**
   * Waits for a part.
   * @throws RunError as soon as any part crashes again and again, with its exit code and last log lines; what the work throws
   */
  async during<T>(work: Promise<T>): Promise<T> {
    this.waiting++;
    void this.look();
    try {
      return await Promise.race([work, this.crash.promise]);
    } finally {
      this.waiting--;
    }
  }

  private async look(): Promise<void> {
    if (this.looking) return;
    this.looking = true;
    const { engine, names, executable, superseded, intervalMs = 1_000 } = this.args;
    // What it fails with is for others to tell.
    await executable.catch(() => {});
    for (;;) {
      // It keeps no process alive: a part that was never made is never waited for to the end.
      await pause(intervalMs, undefined, { ref: false });
      if (this.waiting === 0 || superseded?.aborted === true) break;
      const found = await Promise.all(roles.map(async (role) => [role, await engine.inspect(names.containers[role])] as const)).catch(
        () => [],
      );
      for (const [role, details] of found)
        if (details !== undefined && this.crashesOn(role, details)) this.crash.reject(await this.told(role, details));
    }
    this.looking = false;
  }

  private crashesOn(role: Role, { id, restartCount }: ContainerDetails): boolean {
    if (this.args.before.has(id) && !this.settledRoles.has(role)) return false;
    const from = this.counted.get(id) ?? (this.args.before.has(id) ? restartCount : 0);
    this.counted.set(id, from);
    return restartCount - from >= loopRestarts;
  }

  private async told(role: Role, details: ContainerDetails): Promise<RunError> {
    const { engine, names } = this.args;
    const { how, log } = await lastWords(engine, details);
    const crashes = `${role} crashes again and again: it ${how}, and was started again ${details.restartCount} times`;
    return new RunError(`${crashes} (container ${details.name}); ${log}${blockedBy(role)}\nmore: ./nitro logs ${role} -s ${names.stack}`);
  }
}
