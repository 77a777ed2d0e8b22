import { labels } from "./names.ts";

/** What a stack knows of the people who use it. */
export interface StackUse {
  /** Who brought it up first, such as "ann@laptop". */
  readonly owner: string;
  /** Who used it last. */
  readonly user: string;
  /** ISO 8601. */
  readonly at: string;
}

/**
 * The role of a volume that holds nothing: its labels say who uses a stack. Labels of containers cannot change without other containers, and a
 * file of this machine is seen by nobody else on the engine. Each use makes a volume and removes the one before.
 */
export const useRole = "use";

/** A volume as an engine lists it. */
interface Labelled {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** @param ownerId the backend's, as of everything of a stack */
export function useVolume(stack: string, ownerId: string, use: StackUse): Labelled {
  return {
    name: `nitro-${stack}-use-${Date.parse(use.at)}`,
    labels: {
      [labels.stack]: stack,
      [labels.role]: useRole,
      [labels.owner]: ownerId,
      [labels.madeBy]: use.owner,
      [labels.usedBy]: use.user,
      [labels.usedAt]: use.at,
    },
  };
}

/** @param volumes of one stack @returns the last use; undefined where none was noted */
export function lastNoted(volumes: readonly Labelled[]): StackUse | undefined {
  const uses = volumes.flatMap(({ labels: has }) => {
    const { [labels.madeBy]: owner, [labels.usedBy]: user, [labels.usedAt]: at } = has;
    return has[labels.role] === useRole && owner !== undefined && user !== undefined && at !== undefined ? [{ owner, user, at }] : [];
  });
  return uses.sort((a, b) => Date.parse(b.at) - Date.parse(a.at))[0];
}

/** Whoever goes on with a stack within this time, in ms, need not be noted once more. */
const freshMs = 5 * 60_000;

/** @returns what is to be noted of a use now; undefined where that is known well enough */
export function nextUse(before: StackUse | undefined, user: string, now: number): StackUse | undefined {
  if (before !== undefined && before.user === user && Math.abs(now - Date.parse(before.at)) < freshMs) return undefined;
  return { owner: before?.owner ?? user, user, at: new Date(now).toISOString() };
}
