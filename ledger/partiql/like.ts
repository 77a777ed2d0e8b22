import { evaluationError, type Position } from "./errors.ts";

const percent = "%".codePointAt(0);
const underscore = "_".codePointAt(0);
/** Stands for any one character. */
const one = -1;

/** Comparisons that a pattern with `_` may take: for those no way is known whose time does not grow with text times pattern. */
const mostSteps = 5_000_000;

/**
 * SQL's LIKE: `%` stands for any text, `_` for one character. The time grows with the lengths of text and pattern, not with their product.
 * @param mark makes the character behind it stand for itself
 * @param spend told how many comparisons it took, where they are not as many as text and pattern are long
 * @throws LedgerError for a mark at the pattern's end, and for a pattern with `_` that would take too long
 */
export function matchesLike(
  text: string,
  pattern: string,
  mark: string | undefined,
  at: Position,
  spend: (comparisons: number) => void = () => undefined,
): boolean {
  const steps = { left: mostSteps, at };
  const matches = matchesWithin(text, pattern, mark, steps);
  spend(mostSteps - steps.left);
  return matches;
}

function matchesWithin(text: string, pattern: string, mark: string | undefined, steps: Steps): boolean {
  const { at } = steps;
  const subject = codePoints(text);
  const [first = noCharacters, ...rest] = segments(codePoints(pattern), mark?.codePointAt(0), at);
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
