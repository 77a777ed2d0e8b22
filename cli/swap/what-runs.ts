import { UserError } from "../../common/errors.ts";
import type { Engine } from "../../docker/engine.ts";
import { type LiveRole, liveRoles, readOverride } from "../../executable/live-override.ts";
import { readRunning } from "../../executable/running.ts";
import { binFolder } from "../../executable/staging.ts";
import { labels, stackNames } from "../../model/names.ts";

/** What a role's container is, and runs. */
export interface RunningRole {
  readonly id: string;
  /** SHA-256 of what is declared. */
  readonly declared: string;
  /** Read back from the process; undefined where nothing runs, or an image of other people does not let us look. */
  readonly sha256: string | undefined;
}

/** @returns the roles whose containers are there */
export async function whatRuns(engine: Engine, stack: string): Promise<Map<LiveRole, RunningRole>> {
  const found = await Promise.all(
    liveRoles.map(async (role) => {
      const container = stackNames(stack).containers[role];
      const details = await engine.inspect(container);
      if (details === undefined) return undefined;
      const program = details.status === "running" ? await readRunning(engine, container).catch(() => undefined) : undefined;
      return [role, { id: details.id, declared: details.labels[labels.executable] ?? "?", sha256: program?.sha256 }] as const;
    }),
  );
  return new Map(found.filter((each) => each !== undefined));
}

/** The same without a look into the containers: what they are to run, by what is declared and by what stands in for it. */
export async function whatShouldRun(engine: Engine, root: string, stack: string): Promise<Map<LiveRole, RunningRole>> {
  const found = await Promise.all(
    liveRoles.map(async (role) => {
      const [details, override] = await Promise.all([
        engine.inspect(stackNames(stack).containers[role]),
        readOverride(binFolder(root, stack), role),
      ]);
      if (details === undefined) return undefined;
      const declared = details.labels[labels.executable] ?? "?";
      return [role, { id: details.id, declared, sha256: override?.declared === declared ? override.live : declared }] as const;
    }),
  );
  return new Map(found.filter((each) => each !== undefined));
}

/** One line for a role: what ran, what runs. */
export function describeSwap(role: LiveRole, before: RunningRole | undefined, after: RunningRole | undefined): string {
  const now = after === undefined ? "nothing" : hash(after);
  if (before === undefined) return `${role}: ${now} runs, nothing ran before`;
  if (before.id === after?.id && before.sha256 === after.sha256) return `${role}: unchanged, ${now} runs already`;
  return `${role}: ${hash(before)} → ${now}`;
}

function hash({ declared, sha256 = declared }: RunningRole): string {
  return sha256.slice(0, 12);
}

/** @throws UserError where the process is not what is declared */
export function mustRun(role: LiveRole, found: RunningRole | undefined, stack: string): void {
  if (found?.sha256 === undefined || found.sha256 === found.declared) return;
  throw new UserError(`${role} runs ${found.sha256.slice(0, 12)}, declared is ${found.declared.slice(0, 12)}`, `./nitro up -s ${stack}`);
}
