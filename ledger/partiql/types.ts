import { normalized } from "../ion/compare.ts";
import type { TypeName } from "./ast.ts";
import { type Position, semanticError } from "./errors.ts";
import { isAbsentValue, isMissing } from "./operators.ts";
import type { Value } from "./values.ts";

const typeNames: Record<string, readonly Value["type"][]> = {
  ...{
    BOOLEAN: ["bool"],
    BOOL: ["bool"],
    INT: ["int"],
    INTEGER: ["int"],
    SMALLINT: ["int"],
    BIGINT: ["int"],
    FLOAT: ["float"],
    REAL: ["float"],
    DOUBLE: ["float"],
  },
  ...{
    DECIMAL: ["decimal"],
    NUMERIC: ["decimal"],
    TIMESTAMP: ["timestamp"],
    STRING: ["string"],
    VARCHAR: ["string"],
    CHAR: ["string"],
    CHARACTER: ["string"],
  },
  ...{ SYMBOL: ["symbol"], CLOB: ["clob"], BLOB: ["blob"], LIST: ["list"], SEXP: ["sexp"], STRUCT: ["struct"], TUPLE: ["struct"] },
  BAG: ["bag"],
};

/** How many parameters a type may have. */
const parameters: Record<string, number> = { DECIMAL: 2, NUMERIC: 2, VARCHAR: 1, CHAR: 1, CHARACTER: 1, FLOAT: 1 };

/** @throws LedgerError for a type that there is not, or not with so many parameters */
export function refuseUnknownType({ name, parameters: given }: TypeName, at: Position): void {
  if (name !== "NULL" && name !== "MISSING" && typeNames[name] === undefined)
    throw semanticError(at, `No such type: ${name.toLowerCase()}`);
  const most = parameters[name] ?? 0;
  if (given.length > most)
    throw semanticError(at, `the type ${name.toLowerCase()} takes at most ${most} parameter(s), found ${given.length}`);
}

/** `value IS type`. */
export function isOfType(value: Value, type: TypeName): boolean {
  if (type.name === "NULL") return isAbsentValue(value);
  if (type.name === "MISSING") return isMissing(value);
  return typeNames[type.name]?.includes(value.type) === true && fits(value, type);
}

/** Whether a value keeps to a type's parameters: a decimal's precision and scale, a text's length. */
function fits(value: Value, { name, parameters: [size, scale = 0] }: TypeName): boolean {
  if (size === undefined) return true;
  if (value.type === "decimal") {
    const { coefficient, exponent } = normalized(value);
    const digits = coefficient === 0n ? 0 : coefficient.toString().replace("-", "").length + exponent;
    return digits <= size - scale && -exponent <= scale;
  }
  if (value.type !== "string") return true;
  const length = [...value.value].length;
  return name === "VARCHAR" ? length <= size : length === size;
}
