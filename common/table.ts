import { stripVTControlCharacters, styleText } from "node:util";

/**
 * Lays out rows under a header in columns as wide as their widest cell. Colours in cells do not count.
 * @returns lines that each end in a newline; the header bold where standard output takes colours
 */
export function table(header: string[], rows: string[][]): string {
  const widths = header.map((_, column) => Math.max(...[header, ...rows].map((row) => width(row[column] ?? ""))));
  const line = (row: string[]) =>
    row
      .map((cell, column) => cell + " ".repeat(Math.max(0, (widths[column] ?? 0) - width(cell))))
      .join("  ")
      .trimEnd();
  const head = styleText("bold", line(header));
  return [head, ...rows.map(line)].map((text) => `${text}\n`).join("");
}

function width(cell: string): number {
  return stripVTControlCharacters(cell).length;
}
