import type { Position } from "./errors.ts";
import type { Value } from "./values.ts";

export type BinaryOperator = "AND" | "OR" | "=" | "<>" | "<" | "<=" | ">" | ">=" | "+" | "-" | "*" | "/" | "%" | "||";

export type Step =
  | { readonly kind: "field"; readonly name: string; readonly at: Position }
  | { readonly kind: "index"; readonly index: Expression; readonly at: Position }
  /** `[*]`: every item. */
  | { readonly kind: "items"; readonly at: Position }
  /** `.*`: every field's value. */
  | { readonly kind: "values"; readonly at: Position };

export type Expression = { readonly at: Position } & (
  | { readonly kind: "literal"; readonly value: Value }
  | { readonly kind: "parameter"; readonly index: number }
  /** `local`: written as `@name`, a variable for certain and not a table. */
  | { readonly kind: "name"; readonly name: string; readonly local?: boolean }
  | { readonly kind: "path"; readonly root: Expression; readonly steps: readonly Step[] }
  | { readonly kind: "not"; readonly operand: Expression }
  /** Before a number: `-`, or `+`, which changes nothing. */
  | { readonly kind: "sign"; readonly negative: boolean; readonly operand: Expression }
  | { readonly kind: "binary"; readonly operator: BinaryOperator; readonly left: Expression; readonly right: Expression }
  | { readonly kind: "is"; readonly operand: Expression; readonly type: TypeName; readonly negated: boolean }
  | { readonly kind: "in"; readonly operand: Expression; readonly set: Expression; readonly negated: boolean }
  | {
      readonly kind: "between";
      readonly operand: Expression;
      readonly low: Expression;
      readonly high: Expression;
      readonly negated: boolean;
    }
  | {
      readonly kind: "like";
      readonly operand: Expression;
      readonly pattern: Expression;
      readonly escape?: Expression;
      readonly negated: boolean;
    }
  | { readonly kind: "case"; readonly operand?: Expression; readonly branches: readonly Branch[]; readonly otherwise?: Expression }
  | {
      readonly kind: "call";
      readonly name: string;
      readonly arguments: readonly Expression[];
      readonly star?: boolean;
      readonly distinct?: boolean;
    }
  | { readonly kind: "cast"; readonly operand: Expression; readonly type: TypeName }
  /** `[…]`, `<<…>>`, or a row in parentheses, which is a list; behind IN parentheses hold what is looked in, be it one value. */
  | { readonly kind: "list"; readonly form: "list" | "bag" | "row"; readonly items: readonly Expression[] }
  | { readonly kind: "struct"; readonly fields: readonly { readonly name: Expression; readonly value: Expression }[] }
  | { readonly kind: "select"; readonly select: Select }
);

/** A type as IS and CAST name it. */
export interface TypeName {
  /** In upper case. */
  readonly name: string;
  /** Such as precision and scale of a decimal. */
  readonly parameters: readonly number[];
}

export interface Branch {
  readonly when: Expression;
  readonly result: Expression;
}

export interface FromItem {
  readonly source: Source;
  readonly as: string | undefined;
  readonly atName: string | undefined;
  readonly by: string | undefined;
  /** Condition of an inner join. */
  readonly on: Expression | undefined;
  readonly at: Position;
}

export type Source =
  | { readonly kind: "expression"; readonly expression: Expression }
  | { readonly kind: "unpivot"; readonly expression: Expression }
  | { readonly kind: "history"; readonly table: TableName; readonly start?: Expression; readonly end?: Expression };

export interface TableName {
  readonly name: string;
  /** A string literal names the table by its id. */
  readonly byId: boolean;
  readonly at: Position;
}

export type Projection =
  | { readonly kind: "expression"; readonly expression: Expression; readonly as: string | undefined }
  | { readonly kind: "all"; readonly of: Expression; readonly at: Position };

export interface Select {
  readonly at: Position;
  /** undefined: `*`; a list; or the one expression of SELECT VALUE. */
  readonly projection:
    | { readonly kind: "star" }
    | { readonly kind: "value"; readonly value: Expression }
    | { readonly kind: "list"; readonly items: readonly Projection[] };
  readonly from: readonly FromItem[];
  readonly where: Expression | undefined;
}

export type ChangeClause =
  | { readonly kind: "set"; readonly target: Expression; readonly value: Expression; readonly at: Position }
  | {
      readonly kind: "insert";
      readonly target: Expression;
      readonly value: Expression;
      /** Without VALUE: each item of a collection is inserted by itself. */
      readonly each: boolean;
      readonly index: Expression | undefined;
      readonly at: Position;
    }
  | { readonly kind: "remove"; readonly target: Expression; readonly at: Position };

/** EXEC of a stored procedure. */
export interface Exec {
  readonly kind: "exec";
  /** In lower case, one of those that there are. */
  readonly name: "redact_revision";
  readonly arguments: readonly Expression[];
  readonly at: Position;
}

export type Statement =
  | { readonly kind: "select"; readonly select: Select }
  | { readonly kind: "insert"; readonly table: TableName; readonly documents: Expression; readonly single: boolean }
  /** `from`: the table, then collections nested in its documents. */
  | {
      readonly kind: "update";
      readonly from: readonly FromItem[];
      readonly where: Expression | undefined;
      readonly changes: readonly ChangeClause[];
      readonly at: Position;
    }
  | { readonly kind: "delete"; readonly from: readonly FromItem[]; readonly where: Expression | undefined }
  | Exec
  | { readonly kind: "createTable"; readonly table: TableName }
  | { readonly kind: "dropTable"; readonly table: TableName }
  | { readonly kind: "undropTable"; readonly table: TableName }
  | { readonly kind: "createIndex"; readonly table: TableName; readonly field: string; readonly at: Position }
  | { readonly kind: "dropIndex"; readonly indexId: string; readonly table: TableName; readonly at: Position };

/** A parsed statement and how many parameters it takes. */
export interface Parsed {
  readonly statement: Statement;
  readonly parameters: number;
}

/** The name that an expression has by itself: a name's own, or the last field's of a path. */
export function ownName(expression: Expression): string | undefined {
  if (expression.kind === "name") return expression.name;
  const last = expression.kind === "path" ? expression.steps.at(-1) : undefined;
  if (last?.kind === "field") return last.name;
  const index = last?.kind === "index" && last.index.kind === "literal" ? last.index.value : undefined;
  return index?.type === "string" ? index.value : undefined;
}
