import { UserError } from "../../common/errors.ts";
import type { Engine } from "../../docker/engine.ts";
import { lastWords } from "../../docker/last-lines.ts";
import { liveRoles } from "../../executable/live-override.ts";
import { type Role, roles, stackNames } from "../../model/names.ts";

/** Notices a part that answered at first and crashes later. */
export class CrashGuard {
  private readonly engine: Pick<Engine, "inspect" | "logs" | "pastEvents">;
  private readonly stack: string;
  /** Restarts that were there when the part was last known to be well. */
  private readonly restarts = new Map<Role, number>();

  constructor(engine: Pick<Engine, "inspect" | "logs" | "pastEvents">, stack: string) {
    this.engine = engine;
    this.stack = stack;
  }

  /** Everything is well now. */
  async reset(): Promise<void> {
    await Promise.all(
      roles.map(async (role) => {
        const details = await this.engine.inspect(stackNames(this.stack).containers[role]);
        if (details === undefined) this.restarts.delete(role);
        else this.restarts.set(role, details.restartCount);
      }),
    );
  }

  /** Another program is about to come: what those that run it do is not known before the next reset. */
  pause(): void {
    for (const role of liveRoles) this.restarts.delete(role);
  }

  /** @returns what has crashed since, with its last log lines; told once until the next reset */
  async look(): Promise<UserError | undefined> {
    for (const [role, before] of this.restarts) {
      const container = stackNames(this.stack).containers[role];
      const details = await this.engine.inspect(container);
      if (details === undefined || details.restartCount <= before) continue;
      this.restarts.delete(role);
      const { how, log } = await lastWords(this.engine, details);
      const ours = liveRoles.some((each) => each === role);
      const hint = ours ? `./nitro swap -s ${this.stack} --previous goes back` : `./nitro logs -s ${this.stack} ${role}`;
      return new UserError(`${role} crashed (it ${how}) and was started again; ${log}`, hint);
    }
    return undefined;
  }
}
