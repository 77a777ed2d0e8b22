import { UserError } from "../common/errors.ts";

/**
 * Counts what an older program would harm or not find in a stack of a newer one: a volume under another name or for another purpose, data that only
 * the newer one reads. It goes up with such a change; what Pulumi itself turns into the new (other containers, a resource more) is none.
 */
export const layout = 1;

/** What a stack was brought to its state by: an output of each. */
export interface MadeBy {
  /** Of this project, as package.json has it. */
  readonly version: string;
  readonly layout: number;
}

/** @returns undefined for what is none: stacks of programs before this output */
export function readMadeBy(value: unknown): MadeBy | undefined {
  const { version, layout: number } = (value ?? {}) as Partial<Record<keyof MadeBy, unknown>>;
  return typeof version === "string" && typeof number === "number" ? { version, layout: number } : undefined;
}

/** @throws UserError where a newer program has made a stack what this one does not understand */
export function refuseNewer(stack: string, madeBy: MadeBy | undefined, own: MadeBy): void {
  if (madeBy === undefined || madeBy.layout <= own.layout) return;
  throw new UserError(
    `stack "${stack}" was made by a newer nitro-stacks (${described(madeBy)}; this is ${described(own)}): nothing was changed`,
    `update this clone (git pull); or take another stack name: -s <name>; or give up its data: ./nitro down -s ${stack}`,
  );
}

function described({ version, layout: number }: MadeBy): string {
  return `${version}, layout ${number}`;
}
