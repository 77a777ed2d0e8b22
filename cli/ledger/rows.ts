import type { Context } from "../../common/context.ts";
import { table } from "../../common/table.ts";
import { ionJson } from "../../ledger/ion/json.ts";
import { writeText } from "../../ledger/ion/text.ts";
import type { Field, IonValue } from "../../ledger/ion/value.ts";

/** A cell of a table is cut after so many characters: what is longer is seen whole with --json, or in a pipe. */
const widest = 80;

/** Writes rows as their reader wants them: JSON where asked for, a table on a terminal, else Ion text with one row a line. */
export function showRows(rows: readonly IonValue[], { stdout }: Pick<Context, "stdout">, json: boolean | undefined): void {
  if (json === true) stdout.write(jsonRows(rows));
  else if (stdout.isTTY === true) stdout.write(`${rowTable(rows)}${counted(rows.length, "row")}\n`);
  else for (const row of rows) stdout.write(`${writeText(row)}\n`);
}

/** A JSON array, one row a line. */
export function jsonRows(rows: readonly IonValue[]): string {
  return rows.length === 0 ? "[]\n" : `[\n${rows.map(ionJson).join(",\n")}\n]\n`;
}

/** Rows under the names of all their fields; rows that are no structs under `value`. */
export function rowTable(rows: readonly IonValue[]): string {
  const columns = new Map<string, string>();
  const cells = rows.map((row) => {
    const own = new Map<string, string>();
    for (const { key, name, value } of columnsOf(row)) {
      columns.set(key, name);
      own.set(key, cell(value));
    }
    return own;
  });
  if (columns.size === 0) return "";
  const keys = [...columns.keys()];
  return table(
    keys.map((key) => printable(columns.get(key) ?? "")),
    cells.map((own) => keys.map((key) => own.get(key) ?? "")),
  );
}

/** Names may repeat within a row: each time is a column of its own. */
function columnsOf(row: IonValue): { key: string; name: string; value: IonValue }[] {
  const fields: readonly Field[] = row.type === "struct" ? row.fields : [{ name: "value", value: row }];
  const seen = new Map<string, number>();
  return fields.map(({ name, value }) => {
    const shown = name ?? "$0";
    const time = seen.get(shown) ?? 0;
    seen.set(shown, time + 1);
    return { key: `${time} ${shown}`, name: shown, value };
  });
}

/** A value for people: text without quotation marks, everything else as Ion, on one line of bounded width. */
export function cell(value: IonValue): string {
  const plain = value.type === "string" && value.annotations === undefined;
  const signs = [...printable(plain ? value.value : writeText(value))];
  return signs.length > widest ? `${signs.slice(0, widest - 1).join("")}…` : signs.join("");
}

/** Control characters are written out: a document cannot move the cursor. */
function printable(text: string): string {
  return text.replace(/\p{Cc}|\p{Bidi_Control}|[\u2028\u2029]/gu, (sign) => {
    const known: Readonly<Record<string, string>> = { "\n": "\\n", "\r": "\\r", "\t": "\\t" };
    return known[sign] ?? `\\u${(sign.codePointAt(0) ?? 0).toString(16).padStart(4, "0")}`;
  });
}

/** "1 row", "2 rows". */
export function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? "" : "s"}`;
}
