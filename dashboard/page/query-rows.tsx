import { useMemo } from "preact/hooks";
import { type IonNode, ionField } from "./ion-reader.ts";
import { cellWords } from "./ion-words.ts";
import { LongTable } from "./long-table.tsx";
import { hashOf } from "./places.ts";
import { columnsOf, documentIn } from "./statement.ts";

export interface QueryRowsProps {
  readonly statement: string;
  readonly rows: readonly IonNode[];
}

/** Rows that a statement found; those that show a document lead to its history. */
export function QueryRows({ statement, rows }: QueryRowsProps) {
  const names = useMemo(() => columnsOf(rows), [rows]);
  const columns = names.map((name) => ({ name, width: 13 }));
  return <LongTable label="Rows" columns={columns} count={rows.length} row={(index) => cells(statement, names, rows[index])} />;
}

function cells(statement: string, names: readonly string[], row: IonNode | undefined) {
  if (row === undefined) return [];
  const document = documentIn(statement, row);
  return names.map((name) => {
    const text = row.type === "struct" ? cellWords(ionField(row, name)) : cellWords(row);
    if (document === undefined || (name !== "id" && name !== "metadata")) return <span title={text}>{text}</span>;
    return (
      <a href={hashOf({ view: "history", ...document })} title={`history of ${document.id}`}>
        {text}
      </a>
    );
  });
}
