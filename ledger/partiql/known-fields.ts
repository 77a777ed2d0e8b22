import type { Expression } from "./ast.ts";
import { isIon, type Value } from "./values.ts";

/** The fields that rows of QLDB's own views have. */
export const viewFields: Readonly<Record<"committed" | "history" | "catalog", ReadonlySet<string>>> = {
  committed: new Set(["blockAddress", "hash", "data", "metadata"]),
  history: new Set(["blockAddress", "hash", "data", "dataHash", "metadata"]),
  catalog: new Set(["tableId", "name", "indexes", "status"]),
};

/** Every field that the rows of a written-out collection can have. @returns undefined where the statement alone does not tell */
export function literalFields(expression: Expression): ReadonlySet<string> | undefined {
  if (expression.kind === "literal")
    return expression.value.type === "list" ? allOf(expression.value.items.map(fieldsOf)) : fieldsOf(expression.value);
  if (expression.kind !== "list") return expression.kind === "struct" ? structFields(expression) : undefined;
  return allOf(
    expression.items.map((item) => {
      if (item.kind === "literal") return fieldsOf(item.value);
      return item.kind === "struct" ? structFields(item) : undefined;
    }),
  );
}

function allOf(sets: readonly (ReadonlySet<string> | undefined)[]): ReadonlySet<string> | undefined {
  const names = new Set<string>();
  for (const set of sets) {
    if (set === undefined) return undefined;
    for (const name of set) names.add(name);
  }
  return names;
}

function fieldsOf(value: Value): ReadonlySet<string> {
  return new Set(isIon(value) && value.type === "struct" ? value.fields.map(({ name }) => name ?? "") : []);
}

function structFields({ fields }: Extract<Expression, { kind: "struct" }>): ReadonlySet<string> | undefined {
  return allOf(
    fields.map(({ name }) => {
      return name.kind === "literal" && name.value.type === "string" ? new Set([name.value.value]) : undefined;
    }),
  );
}
