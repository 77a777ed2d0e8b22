import { UsageError, UserError } from "../common/errors.ts";
import { suggestion } from "../common/nearest.ts";
import { extraNameProblem } from "./extra-parts.ts";
import { containerName, labels, type Role, roles } from "./names.ts";

/** A part of a team's own is known by its stack alone. @throws UsageError where no part of any stack has such a name */
export function partNamed(word: string): string {
  if (roles.some((each) => each === word) || extraNameProblem(word) === undefined) return word;
  throw new UsageError(notPart(word, roles));
}

function notPart(word: string, parts: readonly string[]): string {
  return `"${word}" is not a part of a stack${suggestion(word, parts)}: allowed are ${parts.join(", ")}`;
}

/** The parts of a team's own. @param containers the stack's @returns their names, sorted */
export function extrasOf(containers: readonly Pick<LabelledContainer, "labels">[]): string[] {
  const parts = containers.flatMap(({ labels: has }) => has[labels.role] ?? []);
  return [...new Set(parts)].filter((part) => !roles.some((role) => role === part)).sort();
}

/**
 * The parts that a stack has: in ledger mode aws its ledger is no container.
 * @param service labels of its service; undefined where there is none
 */
export function partsOf(service: Readonly<Record<string, string>> | undefined): readonly Role[] {
  return service?.[labels.ledger] === undefined ? roles : roles.filter((role) => role !== "ledger");
}

/** What has to be known of a container in order to tell whose it is. */
export interface LabelledContainer {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** Whose something is. */
export interface Owned {
  readonly stack: string;
  /** As toolchain/owner.ts tells it. */
  readonly owner: string;
}

/** What an engine is asked for all containers of a stack of this owner, those that do not run too. */
export function containersOf({ stack, owner }: Owned): { readonly labels: Record<string, string>; readonly all: true } {
  return { labels: { [labels.stack]: stack, [labels.owner]: owner }, all: true };
}

/** Whether a container belongs to a stack of this owner. */
export function isOf(container: Pick<LabelledContainer, "labels">, { stack, owner }: Owned): boolean {
  return container.labels[labels.owner] === owner && container.labels[labels.stack] === stack;
}

/**
 * The container of a role.
 * @throws UserError where there is none, or it is somebody else's
 */
export async function roleContainer<T extends LabelledContainer>(
  engine: { inspect(name: string): Promise<T | undefined> },
  stack: string,
  role: Role,
  owner: string,
): Promise<T> {
  const details = await engine.inspect(containerName(stack, role));
  if (details === undefined) throw new UserError(`stack "${stack}" has no container for ${role}`, `./nitro up -s ${stack}`);
  return own(details, { stack, owner });
}

/**
 * The container of a part.
 * @param part a role, or the name of a part of a team's own
 * @throws UserError where there is none, or it is somebody else's
 */
export async function partContainer<T extends LabelledContainer>(
  engine: {
    inspect(name: string): Promise<T | undefined>;
    containers(options: { labels: Record<string, string>; all: boolean }): Promise<readonly LabelledContainer[]>;
  },
  stack: string,
  part: string,
  owner: string,
): Promise<T> {
  const role = roles.find((each) => each === part);
  if (role !== undefined) return await roleContainer(engine, stack, role, owner);
  const details = await engine.inspect(containerName(stack, part));
  if (details !== undefined) return own(details, { stack, owner });
  const containers = await engine.containers(containersOf({ stack, owner }));
  throw new UserError(notPart(part, [...roles, ...extrasOf(containers)]), `what there is: ./nitro status -s ${stack}`);
}

function own<T extends LabelledContainer>(details: T, owned: Owned): T {
  if (isOf(details, owned)) return details;
  throw new UserError(`container ${details.name} belongs to somebody else: it is left alone`, "use another stack name: -s <name>");
}
