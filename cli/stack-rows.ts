import { asItIs, type EngineStack, engineStacks, memoryOf, type StackSummary, summarize } from "../automation/engine-stacks.ts";
import { type ListedStack, listStacks } from "../automation/stack.ts";
import type { Context } from "../common/context.ts";
import { personHere } from "../common/person.ts";
import { Engine } from "../docker/engine.ts";
import { stackEngineVariables } from "../model/stack-engine.ts";
import { isPrivate, ownerId } from "../toolchain/owner.ts";
import { keeperState } from "./keeper/client.ts";
import type { KeeperState } from "./keeper/protocol.ts";
import { age, mebibytes } from "./status.ts";

/** A stack in a list. Times are ISO 8601. */
export interface StackRow extends StackSummary {
  /** True where this backend has it: commands here reach it. */
  readonly mine: boolean;
  /** As the backend tells it; undefined before the first update. */
  readonly lastUpdate?: string;
  readonly updating: boolean;
  /** Bytes that its containers have in memory. */
  readonly memory: number;
  /** The engine that its settings name, where that is another one than this command's, such as "ssh://build1". */
  readonly engine?: string;
  /** Who keeps the next swap ready. */
  readonly keeper?: KeeperState | undefined;
}

type SeenStack = StackSummary & Pick<StackRow, "memory" | "engine">;

/** Looks at all stacks of this backend, each on its own engine, or at everybody's on this engine too. */
export async function stackRows(engine: Engine, everybody: boolean, context: Context): Promise<StackRow[]> {
  const mine = ownerId(context.env);
  const [listed, found] = await Promise.all([listStacks(context), engineStacks(engine, everybody ? undefined : mine)]);
  const unseen = listed.filter(({ name }) => !found.some((stack) => stack.name === name && stack.ownerId === mine));
  const [here, elsewhere] = await Promise.all([
    Promise.all(found.map((stack) => seen(engine, stack))),
    Promise.all(unseen.map(({ name }) => seenElsewhere(name, mine, context))),
  ]);
  const person = isPrivate(context.env) ? personHere(context.env) : undefined;
  const rows = joinStacks(listed, [...here, ...elsewhere.filter((stack) => stack !== undefined)], mine, person);
  return Promise.all(rows.map(async (row) => (row.mine ? { ...row, keeper: await keeperState(context.root, row.name) } : row)));
}

async function seen(engine: Engine, stack: EngineStack): Promise<SeenStack> {
  const [now, memory] = await Promise.all([asItIs(engine, stack), memoryOf(engine, stack)]);
  return { ...summarize(now), memory };
}

/** @returns a stack as the engine has it that its settings name; nothing of it where that engine does not answer. Undefined where they name none */
async function seenElsewhere(name: string, mine: string, { env, root }: Context): Promise<SeenStack | undefined> {
  const variables = await stackEngineVariables(root, name).catch((): Record<string, string> => ({}));
  const { DOCKER_HOST: host } = variables;
  if (host === undefined) return undefined;
  const engine = Engine.connect({ ...env, ...variables });
  const stacks = await engineStacks(engine, mine).catch((): EngineStack[] => []);
  const found = stacks.find((stack) => stack.name === name);
  const looked = found && (await seen(engine, found).catch(() => undefined));
  return { ...(looked ?? { name, ownerId: mine, running: 0, healthy: 0, parts: 0, memory: 0 }), engine: host };
}

/**
 * Stacks that only the engine knows (an interrupted removal) are listed too, and so are those that only the backend knows.
 * @param person whose this backend is, where it is one person's: the owner of what nothing on an engine tells the owner of, such as a stack that is down
 */
export function joinStacks(listed: readonly ListedStack[], found: readonly SeenStack[], mine: string, person?: string): StackRow[] {
  const unseen = listed
    .filter(({ name }) => !found.some((stack) => stack.name === name && stack.ownerId === mine))
    .map(({ name }): SeenStack => ({ name, ownerId: mine, running: 0, healthy: 0, parts: 0, memory: 0 }));
  return [...found, ...unseen]
    .map((stack): StackRow => {
      const own = stack.ownerId === mine;
      const known = own ? listed.find(({ name }) => name === stack.name) : undefined;
      const { lastUpdate, updateInProgress } = known ?? {};
      const owner = stack.owner ?? (own ? person : undefined);
      return { lastUse: lastUpdate, ...stack, owner, mine: own, updating: updateInProgress === true, ...(lastUpdate && { lastUpdate }) };
    })
    .sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
}

/** The cells of a row below `stackHeader`. @param now milliseconds since 1970 */
export function stackCells(row: StackRow, now: number): string[] {
  const ago = (time: string | undefined) => (time === undefined ? "" : age(now - Date.parse(time)));
  const user = row.lastUser === undefined || row.lastUser === row.owner ? "" : `, by ${row.lastUser}`;
  return [
    row.name,
    ownerOf(row),
    state(row),
    ago(row.created),
    row.lastUse === undefined ? "never" : `${ago(row.lastUse)} ago${user}`,
    row.memory === 0 ? "" : mebibytes(row.memory),
  ];
}

export const stackHeader = ["stack", "owner", "state", "age", "last use", "memory"];

function state({ updating, running, parts, healthy, engine }: StackRow): string {
  const where = engine === undefined ? "" : ` on ${engine}`;
  if (updating) return `being changed${where}`;
  if (running > 0) return `${running} of ${parts} run, ${healthy} healthy${where}`;
  return engine === undefined ? "down" : `nothing runs or answers${where}`;
}

/** Whose it is: a person where that is known, else another backend. */
function ownerOf({ owner, ownerId: id, mine }: StackRow): string {
  if (mine) return owner ?? "not known";
  return owner === undefined ? `backend ${id}` : `${owner} (backend ${id.slice(0, 6)})`;
}
