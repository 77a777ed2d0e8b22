import { UserError } from "../../common/errors.ts";
import { seconds } from "../../common/progress.ts";
import type { ContainerDetails, Engine } from "../../docker/engine.ts";
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
  /** False where an interrupted command made it and did no more. */
  readonly started: boolean;
}

export type RunningRoles = ReadonlyMap<LiveRole, RunningRole>;

/** @returns the roles whose containers are there */
export async function whatRuns(engine: Engine, stack: string): Promise<RunningRoles> {
  return await rolesFound(engine, stack, async (_role, { name, status }) => {
    return status === "running" ? (await readRunning(engine, name).catch(() => undefined))?.sha256 : undefined;
  });
}

/** The same without a look into the containers: what they are to run, by what is declared and by what stands in for it. */
export async function whatShouldRun(engine: Engine, root: string, stack: string): Promise<RunningRoles> {
  return await rolesFound(engine, stack, async (role, { labels: has }) => {
    const [declared, override] = [has[labels.executable], await readOverride(binFolder(root, stack), role)];
    return override?.declared === declared ? override?.live : declared;
  });
}

async function rolesFound(
  engine: Engine,
  stack: string,
  sha256Of: (role: LiveRole, container: ContainerDetails) => Promise<string | undefined>,
): Promise<RunningRoles> {
  const found = await Promise.all(
    liveRoles.map(async (role) => {
      const details = await engine.inspect(stackNames(stack).containers[role]);
      if (details === undefined) return undefined;
      const declared = details.labels[labels.executable] ?? unknown;
      return [role, { id: details.id, declared, sha256: await sha256Of(role, details), started: details.status !== "created" }] as const;
    }),
  );
  return new Map(found.filter((each) => each !== undefined));
}

/** Of a container that does not say what it was made for. */
const unknown = "?";

/** A swap that is over. */
export interface FinishedSwap {
  readonly stack: string;
  readonly roles: readonly LiveRole[];
  readonly before: RunningRoles;
  /** When it began, in ms since 1970. */
  readonly began: number;
}

/**
 * Reads back what runs after a swap, and tells what ran and what runs.
 * @param say gets the lines
 * @throws UserError where a process is not what is declared
 */
export async function tellSwap(engine: Engine, { stack, roles, before, began }: FinishedSwap, say: (text: string) => void): Promise<void> {
  const after = await whatRuns(engine, stack);
  const lines = [...roles.map((role) => describeSwap(role, before.get(role), after.get(role))), ...leftBehind(roles, after)];
  say(`${lines.join("\n")}\n${seconds(Date.now() - began)}\n`);
  for (const role of roles) mustRun(role, after.get(role), stack);
}

/** The settings name one executable for both roles. */
function leftBehind(roles: readonly LiveRole[], after: RunningRoles): string[] {
  const swapped = roles.map((role) => after.get(role)?.declared);
  return liveRoles.flatMap((role) => {
    const other = roles.includes(role) ? undefined : after.get(role);
    return other === undefined || swapped.includes(other.declared)
      ? []
      : [`${role}: ${hash(other)} runs on, until the next up or swap: the settings name one executable for both`];
  });
}

/** One line for a role: what ran, what runs. */
function describeSwap(role: LiveRole, before: RunningRole | undefined, after: RunningRole | undefined): string {
  const now = after === undefined ? "nothing" : hash(after);
  if (before === undefined) return `${role}: ${now} runs, its container was not there`;
  if (!before.started) return `${role}: ${now} runs, its container had not been started`;
  if (before.id === after?.id && before.sha256 === after.sha256) return `${role}: unchanged, ${now} runs already`;
  if (hash(before) === now && now !== unknown)
    return `${role}: ${now} runs again, unchanged${before.id === after?.id ? "" : ", in a new container"}`;
  return `${role}: ${hash(before)} → ${now}`;
}

function hash({ declared, sha256 = declared }: RunningRole): string {
  return sha256.slice(0, 12);
}

/** @throws UserError where the process is not what is declared */
function mustRun(role: LiveRole, found: RunningRole | undefined, stack: string): void {
  if (found?.sha256 === undefined || found.sha256 === found.declared) return;
  throw new UserError(`${role} runs ${found.sha256.slice(0, 12)}, declared is ${found.declared.slice(0, 12)}`, `./nitro up -s ${stack}`);
}
