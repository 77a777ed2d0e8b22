/**
 * The name that was probably meant.
 * @returns the nearest of the names, or undefined where none begins that way or is within 2 edits, of up to four letters within 1: tcsh is not bash
 */
export function nearest(word: string, names: readonly string[]): string | undefined {
  const started = names.find((name) => word.length > 1 && name.startsWith(word));
  if (started !== undefined) return started;
  const ranked = names.map((name) => ({ name, distance: editDistance(word, name) })).sort((a, b) => a.distance - b.distance);
  const best = ranked[0];
  return best !== undefined && best.distance <= Math.min(2, Math.ceil((best.name.length - 1) / 3)) ? best.name : undefined;
}

/** @returns " (did you mean redis?)", to be written behind a word that is none of the names; empty where none is near */
export function suggestion(word: string, names: readonly string[]): string {
  const near = nearest(word, names);
  return near === undefined ? "" : ` (did you mean ${near}?)`;
}

/** Levenshtein distance where swapping two neighbours also counts as one edit. */
function editDistance(a: string, b: string): number {
  const rows: number[][] = [Array.from({ length: b.length + 1 }, (_, j) => j)];
  const at = (i: number, j: number) => rows[i]?.[j] ?? 0;
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    rows.push(row);
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1];
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      const edits = [at(i - 1, j) + 1, at(i, j - 1) + 1, at(i - 1, j - 1) + (same ? 0 : 1)];
      row.push(Math.min(...edits, swapped ? at(i - 2, j - 2) + 1 : Number.POSITIVE_INFINITY));
    }
  }
  return at(a.length, b.length);
}
