import { UserError } from "../../common/errors.ts";
import type { Engine } from "../../docker/engine.ts";
import { lastLines } from "../../docker/last-lines.ts";
import type { LiveRole } from "../../executable/live-override.ts";
import { stackNames } from "../../model/names.ts";

/** Notices a program that answered at first and crashes later. */
export class CrashGuard {
  private readonly engine: Pick<Engine, "inspect" | "logs">;
  private readonly stack: string;
  private readonly roles: readonly LiveRole[];
  /** Restarts that were there when the program was last known to be well. */
  private readonly restarts = new Map<LiveRole, number>();

  constructor(engine: Pick<Engine, "inspect" | "logs">, stack: string, roles: readonly LiveRole[]) {
    this.engine = engine;
    this.stack = stack;
    this.roles = roles;
  }

  /** Everything is well now. */
  async reset(): Promise<void> {
    for (const role of this.roles) {
      this.restarts.set(role, (await this.engine.inspect(stackNames(this.stack).containers[role]))?.restartCount ?? 0);
    }
  }

  /** Another program is about to come: what it does is not known before the next reset. */
  pause(): void {
    this.restarts.clear();
  }

  /** @returns what has crashed since, with its last log lines; told once until the next reset */
  async look(): Promise<UserError | undefined> {
    for (const role of this.roles) {
      const before = this.restarts.get(role);
      const container = stackNames(this.stack).containers[role];
      const details = before === undefined ? undefined : await this.engine.inspect(container);
      if (before === undefined || details === undefined || details.restartCount <= before) continue;
      this.pause();
      const hint = `./nitro swap -s ${this.stack} --previous goes back`;
      return new UserError(`${role} crashed and was started again; ${await lastLines(this.engine, container)}`, hint);
    }
    return undefined;
  }
}
