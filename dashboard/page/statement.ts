import { type IonNode, ionField } from "./ion-reader.ts";

/** The place in a statement that an error names. */
export interface ErrorPlace {
  /** Counted in the statement's characters. */
  readonly at: number;
  /** The line with that place: what is before it, its sign, what is after. */
  readonly line: readonly [before: string, sign: string, after: string];
}

/** @returns undefined where the message names no place in this statement */
export function errorPlace(statement: string, message: string): ErrorPlace | undefined {
  const named = /\bat line (\d+), column (\d+)\b/.exec(message);
  const lines = statement.split("\n");
  const number = Number(named?.[1]) - 1;
  const line = lines[number];
  if (named === null || line === undefined) return undefined;
  const column = Math.min(Number(named[2]) - 1, line.length);
  const at = lines.slice(0, number).reduce((sum, { length }) => sum + length + 1, 0) + column;
  return { at, line: [line.slice(0, column), line.slice(column, column + 1), line.slice(column + 1)] };
}

/** The parameters that were written, one Ion value a line. */
export function parametersOf(text: string): string[] {
  return text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");
}

/** A table's documents, each with its id. */
export function documentsStatement(table: string): string {
  return `SELECT id, d.* FROM "${table.replaceAll('"', '""')}" AS d BY id`;
}

/** What a document's id looks like. */
const documentId = /^[0-9A-Za-z]{22}$/;

/** @returns the document that a row shows, where the statement reads one table and the row has the document's id */
export function documentIn(statement: string, row: IonNode): { readonly table: string; readonly id: string } | undefined {
  const table = /\bfrom\s+(?:_ql_committed_)?(?:"((?:[^"]|"")+)"|([A-Za-z_]\w*))/i.exec(statement);
  const name = table?.[1]?.replaceAll('""', '"') ?? table?.[2];
  const id = ionField(row, "id") ?? ionField(ionField(row, "metadata"), "id");
  if (name === undefined || id?.type !== "string" || !documentId.test(id.value)) return undefined;
  return { table: name.replace(/^_ql_committed_/, ""), id: id.value };
}

/** The names of all fields of rows, in the order in which they come; rows that are no structs have a `value`. */
export function columnsOf(rows: readonly IonNode[]): string[] {
  const names = new Set<string>();
  for (const row of rows) {
    if (row.type !== "struct") names.add("value");
    else for (const { name } of row.fields) names.add(name ?? "$0");
  }
  return [...names];
}
