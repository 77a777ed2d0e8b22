/** A line of the file that NITRO_TRACE names. */
export interface Mark {
  /** ms since 1970 */
  readonly at: number;
  readonly what: string;
}

export function readTrace(text: string): Mark[] {
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => {
      const space = line.indexOf(" ");
      return { at: Number(line.slice(0, space)), what: line.slice(space + 1) };
    });
}

/** A phase of a swap, and the marks that end it: the first or the last of those that match. */
export type Phase = readonly [name: string, which: "first" | "last", pattern: RegExp];

const replacing: readonly Phase[] = [
  ["old containers removed", "last", /^resOutputs delete-replaced/],
  ["new containers started", "first", /^resOutputs create-replacement service-container/],
];

/** Of `nitro swap`, a process of its own. */
export const coldPhases: readonly Phase[] = [
  ["launcher", "first", /^node started/],
  ["node loads the command", "first", /^command /],
  ["before pulumi", "first", /^pulumi up/],
  ["pulumi starts, the program loads", "first", /^program runs/],
  ["executable checked and staged", "first", /^program prepared/],
  ["the other resources are as they were", "first", /^resourcePre .*(service|worker)-container/],
  ...replacing,
];

/** Of `nitro swap`, where a keeper has armed an update. */
export const keptPhases: readonly Phase[] = [
  ["launcher", "first", /^node started/],
  ["node loads the command", "first", /^command /],
  ["the keeper is asked, executable checked and staged", "first", /^resourcePre .*(service|worker)-container/],
  ...replacing,
];

/** Of `nitro watch`, where an update waits for the executable. */
export const warmPhases: readonly Phase[] = [
  ["change seen, executable checked and staged", "first", /^resourcePre .*(service|worker)-container/],
  ...replacing,
];

/**
 * Cuts a swap into its phases, one after the other.
 * @returns the length of each phase in ms, in order; together they last from `began` to `answered`. What comes after is a phase of its own
 */
export function phases(of: readonly Phase[], marks: readonly Mark[], began: number, answered: number, ended: number): Map<string, number> {
  const during = marks.filter(({ at }) => at >= began && at <= ended);
  const find = (which: "first" | "last", pattern: RegExp) =>
    (which === "first" ? during.find(({ what }) => pattern.test(what)) : during.findLast(({ what }) => pattern.test(what)))?.at;
  const ends = of.map(([name, which, pattern]) => [name, find(which, pattern)] as const);
  const found = new Map<string, number>();
  let before = began;
  for (const [name, at] of [...ends, ["the service answers", answered] as const]) {
    if (at === undefined) continue;
    found.set(name, Math.max(0, at - before));
    before = Math.max(before, at);
  }
  found.set("(afterwards: the worker, pulumi's end)", ended - before);
  return found;
}
