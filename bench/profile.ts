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

/**
 * Cuts a swap into its phases, one after the other.
 * @returns the length of each phase in ms, in order; together they last from `began` to `answered`. What comes after is a phase of its own
 */
export function phases(marks: readonly Mark[], began: number, answered: number, ended: number): Map<string, number> {
  const first = (pattern: RegExp) => marks.find(({ what }) => pattern.test(what))?.at;
  const last = (pattern: RegExp) => marks.findLast(({ what }) => pattern.test(what))?.at;
  const ends: [name: string, at: number | undefined][] = [
    ["launcher", first(/^node started/)],
    ["node loads the command", first(/^command /)],
    ["before pulumi", first(/^pulumi up/)],
    ["pulumi starts, the program loads", first(/^program runs/)],
    ["executable checked and staged", first(/^program prepared/)],
    ["the other resources are as they were", first(/^resourcePre .*(service|worker)-container/)],
    ["old containers removed", last(/^resOutputs delete-replaced/)],
    ["new containers started", first(/^resOutputs create-replacement service-container/)],
    ["the service answers", answered],
  ];
  const found = new Map<string, number>();
  let before = began;
  for (const [name, at] of ends) {
    if (at === undefined) continue;
    found.set(name, Math.max(0, at - before));
    before = Math.max(before, at);
  }
  found.set("(afterwards: the worker, pulumi's end)", ended - before);
  return found;
}
