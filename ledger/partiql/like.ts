import { evaluationError, type Position } from "./errors.ts";

const percent = "%".codePointAt(0);
const underscore = "_".codePointAt(0);
/** Stands for any one character. */
const one = -1;

/** Comparisons that a pattern with `_` may take: for those no way is known whose time does not grow with text times pattern. */
const mostSteps = 5_000_000;

/** A pattern of SQL's LIKE made ready: `%` stands for any text, `_` for one character. */
export class LikePattern {
  readonly pattern: string;
  readonly mark: string | undefined;
  private readonly at: Position;
  private readonly segments: readonly Int32Array[];
  /** The segments as texts, where a search for them comes to the same: there is no `_`, and no half of a character. */
  private readonly texts: readonly string[] | undefined;

  /**
   * @param mark makes the character behind it stand for itself
   * @throws LedgerError for a mark at the pattern's end
   */
  constructor(pattern: string, mark: string | undefined, at: Position) {
    this.pattern = pattern;
    this.mark = mark;
    this.at = at;
    this.segments = segments(codePoints(pattern), mark?.codePointAt(0), at);
    const plain = pattern.isWellFormed() && !this.segments.some((segment) => segment.includes(one));
    this.texts = plain ? this.segments.map(textOf) : undefined;
  }

  /**
   * The time grows with the lengths of text and pattern, not with their product.
   * @param spend told how many comparisons it took, where they are not as many as text and pattern are long
   * @throws LedgerError for a pattern with `_` that would take too long
   */
  matches(text: string, spend: (comparisons: number) => void = () => undefined): boolean {
    if (this.texts !== undefined) {
      spend((this.texts[0]?.length ?? 0) + (this.texts.at(-1)?.length ?? 0));
      return holds(text, this.texts);
    }
    const steps = { left: mostSteps, at: this.at };
    const matches = fits(codePoints(text), this.segments, steps);
    spend(mostSteps - steps.left);
    return matches;
  }
}

/** The patterns of one LIKE: mostly it is the same for every row. */
export class LikePatterns {
  private last: LikePattern | undefined;

  /** @throws LedgerError for a mark at the pattern's end */
  ready(pattern: string, mark: string | undefined, at: Position): LikePattern {
    const { last } = this;
    if (last !== undefined && last.pattern === pattern && last.mark === mark) return last;
    this.last = new LikePattern(pattern, mark, at);
    return this.last;
  }
}

/** Whether a text begins with the first segment, ends with the last, and has the others in their order between. */
function holds(text: string, [first = "", ...rest]: readonly string[]): boolean {
  const last = rest.pop();
  if (last === undefined) return text === first;
  const end = text.length - last.length;
  if (end < first.length || !text.startsWith(first) || !text.endsWith(last)) return false;
  let from = first.length;
  for (const segment of rest) {
    const found = text.indexOf(segment, from);
    if (found < 0 || found + segment.length > end) return false;
    from = found + segment.length;
  }
  return true;
}

function textOf(segment: Int32Array): string {
  return Array.from(segment, (point) => String.fromCodePoint(point)).join("");
}

function fits(subject: Int32Array, [first = noCharacters, ...rest]: readonly Int32Array[], steps: Steps): boolean {
  const last = rest.pop();
  if (last === undefined) return subject.length === first.length && fitsAt(subject, first, 0, steps);
  const end = subject.length - last.length;
  if (end < first.length || !fitsAt(subject, first, 0, steps) || !fitsAt(subject, last, end, steps)) return false;
  // What stands between two `%` is taken where it comes first: that leaves the most for what follows.
  let from = first.length;
  const middle = subject.subarray(0, end);
  for (const segment of rest) {
    const found = segment.includes(one) ? search(middle, segment, from, steps) : find(middle, segment, from);
    if (found === undefined) return false;
    from = found + segment.length;
  }
  return true;
}

const noCharacters = new Int32Array(0);

interface Steps {
  left: number;
  readonly at: Position;
}

function codePoints(text: string): Int32Array {
  const found = new Int32Array(text.length);
  let count = 0;
  for (let at = 0; at < text.length; at++) {
    const point = text.codePointAt(at) ?? 0;
    found[count++] = point;
    if (point > 0xffff) at++;
  }
  return found.subarray(0, count);
}

/** What stands before, between and behind the `%` of a pattern: one segment more than there are `%`. */
function segments(pattern: Int32Array, mark: number | undefined, at: Position): Int32Array[] {
  const found: Int32Array[] = [];
  const points = new Int32Array(pattern.length);
  let [start, size] = [0, 0];
  for (let index = 0; index < pattern.length; index++) {
    const point = pattern[index] ?? 0;
    if (point === mark) {
      if (++index === pattern.length) throw evaluationError(at, "the pattern ends with its escape character");
      points[size++] = pattern[index] ?? 0;
    } else if (point === percent) {
      found.push(points.subarray(start, size));
      start = size;
    } else points[size++] = point === underscore ? one : point;
  }
  found.push(points.subarray(start, size));
  return found;
}

function fitsAt(subject: Int32Array, segment: Int32Array, from: number, steps: Steps): boolean {
  for (let index = 0; index < segment.length; index++) {
    if (--steps.left < 0) throw evaluationError(steps.at, "the pattern has too many '_' for so long a text");
    if (segment[index] !== one && segment[index] !== subject[from + index]) return false;
  }
  return true;
}

/** Tries one place after the other. */
function search(subject: Int32Array, segment: Int32Array, from: number, steps: Steps): number | undefined {
  for (let at = from; at + segment.length <= subject.length; at++) if (fitsAt(subject, segment, at, steps)) return at;
  return undefined;
}

/** Looks at each character of the text once: Knuth, Morris and Pratt. @returns where the segment first is */
function find(subject: Int32Array, segment: Int32Array, from: number): number | undefined {
  const { length } = segment;
  if (length === 0) return from;
  // How much of the segment's beginning still fits where its next character does not.
  const fallback = new Int32Array(length);
  for (let index = 1, fits = 0; index < length; index++) {
    while (fits > 0 && segment[index] !== segment[fits]) fits = fallback[fits - 1] ?? 0;
    if (segment[index] === segment[fits]) fits++;
    fallback[index] = fits;
  }
  for (let at = from, fits = 0; at < subject.length; at++) {
    while (fits > 0 && subject[at] !== segment[fits]) fits = fallback[fits - 1] ?? 0;
    if (subject[at] === segment[fits] && ++fits === length) return at - length + 1;
  }
  return undefined;
}
