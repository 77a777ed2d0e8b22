import type { LogEntry } from "../views.ts";

/** What of the log is shown. */
export interface LogFilter {
  /** Parts whose lines are not. */
  readonly hidden: ReadonlySet<string>;
  /** What a line has to hold, in whatever case. */
  readonly text: string;
}

/** More lines are not kept: the oldest go. */
const mostLines = 20_000;

/**
 * Parts whose lines are not shown at first: LocalStack's, which tells of every look into a bucket, drown all others.
 * @param kept what `keptHidden` made of the choice before; null where there was none
 */
export function hiddenAtFirst(kept: string | null): ReadonlySet<string> {
  return new Set(kept === null ? ["localstack"] : kept.match(/\S+/g));
}

/** A choice of parts, as text that can be kept. Their names have no spaces. */
export function keptHidden(hidden: ReadonlySet<string>): string {
  return [...hidden].join(" ");
}

/** @returns the lines with those that came, in the order of time: parts tell theirs at different moments */
export function withLines(lines: readonly LogEntry[], fresh: readonly LogEntry[]): readonly LogEntry[] {
  const last = lines.at(-1)?.time ?? "";
  const all = [...lines, ...fresh];
  const inOrder = fresh.every(({ time }, index) => time >= (fresh[index - 1]?.time ?? last));
  // Sorting keeps lines of one time as they are.
  if (!inOrder) all.sort((a, b) => (a.time < b.time ? -1 : a.time > b.time ? 1 : 0));
  return all.length > mostLines ? all.slice(-mostLines) : all;
}

export function shownLines(lines: readonly LogEntry[], { hidden, text }: LogFilter): readonly LogEntry[] {
  const part = text.toLowerCase();
  if (hidden.size === 0 && part === "") return lines;
  return lines.filter((line) => !hidden.has(line.part) && (part === "" || line.line.toLowerCase().includes(part)));
}
