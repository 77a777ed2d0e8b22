import { type Clock, systemClock } from "../common/waiting.ts";
import type { ContainerDetails, Engine } from "../docker/engine.ts";
import { endingWords, lastWords } from "../docker/last-lines.ts";
import { loopRestarts } from "../docker/waiting/exit.ts";
import { type Role, stackNames } from "../model/names.ts";

/** A container may be away for as long as a restart or a swap takes, in ms. */
const awayMs = 2_500;

/** A part that was waited for has ended, or ends again and again; the message has its last log lines. */
export class PartEndedError extends Error {
  override readonly name = "PartEndedError";
  readonly role: Role;

  constructor(role: Role, message: string) {
    super(message);
    this.role = role;
  }
}

/** What was seen of a part so far. */
interface Seen {
  /** Of the container that was there at the first look, or took its place. */
  readonly id: string | undefined;
  readonly restarts: number;
  /** Since when it does not run, by the clock; undefined while it does. */
  readonly away: number | undefined;
}

/** Looks at parts of a stack for as long as somebody waits for something of them. */
export class ContainerWatch {
  private readonly engine: Pick<Engine, "inspect" | "logs" | "pastEvents">;
  private readonly stack: string;
  private readonly roles: readonly Role[];
  private readonly clock: Clock;
  private readonly seen = new Map<Role, Seen>();

  constructor(engine: Pick<Engine, "inspect" | "logs" | "pastEvents">, stack: string, roles: readonly Role[], clock: Clock = systemClock) {
    this.engine = engine;
    this.stack = stack;
    this.roles = roles;
    this.clock = clock;
  }

  /**
   * Looks once at each part.
   * @returns parts that are paused, for the message where the waiting is in vain
   * @throws PartEndedError for one that has ended and does not come back, or was started again and again since the first look
   */
  async look(): Promise<readonly Role[]> {
    const all = await Promise.all(this.roles.map(async (role) => ({ role, details: await this.engine.inspect(this.nameOf(role)) })));
    for (const { role, details } of all) {
      const seen = judge(this.seen.get(role), details, this.clock.now());
      this.seen.set(role, seen);
      const restarts = (details?.restartCount ?? 0) - seen.restarts;
      const container = this.nameOf(role);
      if (details !== undefined && restarts >= loopRestarts) {
        const { how, log } = await lastWords(this.engine, details);
        const crashes = `${role} crashes again and again: it ${how}, and was started again ${restarts} times meanwhile`;
        throw new PartEndedError(role, `${crashes} (container ${container}); ${log}`);
      }
      if (seen.away !== undefined && this.clock.now() - seen.away >= awayMs)
        throw new PartEndedError(role, await endingWords(this.engine, role, container));
    }
    return all.filter(({ details }) => details?.status === "paused").map(({ role }) => role);
  }

  private nameOf(role: Role): string {
    return stackNames(this.stack).containers[role];
  }
}

/** What is known of a part after one more look. Pure. */
function judge(before: Seen | undefined, details: ContainerDetails | undefined, now: number): Seen {
  const runs = details?.status === "running" || details?.status === "paused";
  const same = before !== undefined && before.id === details?.id;
  const restarts = details?.restartCount ?? 0;
  return {
    id: details?.id,
    // Whoever restarts a container makes the engine count anew.
    restarts: same ? Math.min(before.restarts, restarts) : restarts,
    away: runs ? undefined : (before?.away ?? now),
  };
}
