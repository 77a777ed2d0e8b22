import { UsageError, UserError } from "../common/errors.ts";
import { nearest } from "../common/nearest.ts";
import { labels, type Role, roles, stackNames } from "./names.ts";

/** @throws UsageError where the word is no part of a stack */
export function roleNamed(word: string): Role {
  const role = roles.find((each) => each === word);
  if (role !== undefined) return role;
  const meant = nearest(word, roles);
  throw new UsageError(
    `"${word}" is not a part of a stack${meant === undefined ? "" : `, did you mean ${meant}?`} Parts: ${roles.join(", ")}`,
  );
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
  const details = await engine.inspect(stackNames(stack).containers[role]);
  if (details === undefined) throw new UserError(`stack "${stack}" has no container for ${role}`, `./nitro up -s ${stack}`);
  if (!isOf(details, { stack, owner })) {
    throw new UserError(`container ${details.name} belongs to somebody else: it is left alone`, "use another stack name: -s <name>");
  }
  return details;
}
