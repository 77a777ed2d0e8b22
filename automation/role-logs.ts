import { type Look, wait } from "../common/waiting.ts";
import type { ContainerDetails, Engine, LogLine } from "../docker/engine.ts";
import { isNotFound } from "../docker/error.ts";
import { containerName } from "../model/names.ts";
import { isOf, type Owned } from "../model/parts.ts";

/** Something to show of a part's log. */
export type RoleLog =
  | { readonly kind: "line"; readonly time: string; readonly stream: LogLine["stream"]; readonly line: string }
  /** Another container has taken the part's place: what follows is its log. */
  | { readonly kind: "replaced"; readonly time: string; readonly container: string };

export interface RoleLogOptions {
  /** Only the last lines of the container that is there now. */
  readonly tail?: number | undefined;
  /** Only what was written at or after this time. */
  readonly since?: Date | undefined;
  /** Goes on with whatever container has the role, until the stack is gone or the signal is aborted. */
  readonly follow: boolean;
  readonly signal: AbortSignal;
  /** Asked while no container has the role; by default the stack may come back. */
  readonly isGone?: () => Promise<boolean>;
}

type LogEngine = Pick<Engine, "inspect" | "logs">;

/** Between two looks whether a part that has stopped runs again, in ms. */
const returnIntervalMs = 100;

/**
 * The log of a part, of one container after the other: a swap replaces them, a crash starts them again. Each line once, in the order in which
 * each container wrote them.
 * @param container that has the role now
 */
export async function* roleLogs(
  engine: LogEngine,
  { stack, role, owner }: Owned & { readonly role: string },
  container: Pick<ContainerDetails, "id">,
  { tail, since, follow, signal, isGone = async () => false }: RoleLogOptions,
): AsyncGenerator<RoleLog> {
  let id = container.id;
  let options: { tail?: number | undefined; since?: Date | undefined } = { tail, since };
  const seen = new Seen();
  for (;;) {
    try {
      for await (const { stream, line, time = "" } of engine.logs(id, { ...options, timestamps: true, follow, signal })) {
        if (seen.isNew(time)) yield { kind: "line", time, stream, line };
      }
    } catch (error) {
      // Two swaps in a row: it is gone before its log was asked for.
      if (!follow || !isNotFound(error)) throw error;
    }
    if (!follow) return;
    const next = await running(engine, { stack, role, owner }, { signal, isGone });
    if (next === undefined) return;
    options = next.id === id ? { since: seen.last } : {};
    if (next.id === id) seen.again();
    else {
      seen.forget();
      yield { kind: "replaced", time: next.startedAt, container: next.id };
    }
    id = next.id;
  }
}

/** @returns the container that has the role and runs; undefined where the stack is gone, or the signal came first */
async function running(
  engine: LogEngine,
  { stack, role, owner }: Owned & { readonly role: string },
  { signal, isGone }: Required<Pick<RoleLogOptions, "signal" | "isGone">>,
): Promise<ContainerDetails | undefined> {
  const look = async (): Promise<Look<ContainerDetails | undefined>> => {
    const details = await engine.inspect(containerName(stack, role));
    const runs = details?.status === "running" && isOf(details, { stack, owner });
    if (runs || (details === undefined && (await isGone()))) return { found: details };
    return { seen: details?.status ?? "there is none" };
  };
  const waited = await wait({ what: `a container for ${role}`, look }, { intervalMs: returnIntervalMs, signal });
  return waited.end === "found" ? waited.value : undefined;
}

/** Which lines of one container were seen: the engine is asked again from a time on, and several lines may carry the same one. */
class Seen {
  private time = "";
  private count = 0;
  /** Lines of the last time that come once more. */
  private skip = 0;

  get last(): Date | undefined {
    return this.time === "" ? undefined : new Date(this.time);
  }

  isNew(time: string): boolean {
    if (this.skip > 0 && time <= this.time) {
      if (time === this.time) this.skip--;
      return false;
    }
    this.skip = 0;
    this.count = time === this.time ? this.count + 1 : 1;
    this.time = time;
    return true;
  }

  /** The same container is asked from `last` on. */
  again(): void {
    this.skip = this.count;
  }

  forget(): void {
    [this.time, this.count, this.skip] = ["", 0, 0];
  }
}
