import { field, type IonValue, list, struct, text, textField } from "../ion/value.ts";
import type { TableDefinition } from "./table.ts";

/** Table id of the catalog itself: a table's definition is a document whose revisions are journaled like any other. */
export const catalogId = "information_schema.user_tables";

/** A definition as `information_schema.user_tables` shows it. */
export function definitionValue({ id, name, status, indexes }: TableDefinition): IonValue {
  return struct({
    tableId: text(id),
    name: text(name),
    indexes: list(indexes.map((index) => struct({ indexId: text(index.indexId), expr: text(`[${index.field}]`), status: text("ONLINE") }))),
    status: text(status),
  });
}

/** The reverse of definitionValue. */
export function readDefinition(value: IonValue): TableDefinition {
  const indexes = field(value, "indexes");
  return {
    id: textField(value, "tableId") ?? "",
    name: textField(value, "name") ?? "",
    status: textField(value, "status") === "ACTIVE" ? "ACTIVE" : "INACTIVE",
    indexes: (indexes?.type === "list" ? indexes.items : []).map((each) => ({
      indexId: textField(each, "indexId") ?? "",
      field: (textField(each, "expr") ?? "").slice(1, -1),
    })),
  };
}
