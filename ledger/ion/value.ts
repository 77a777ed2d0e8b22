/**
 * Ion values as the ledger keeps them: everything that binary Ion can tell apart stays apart (typed nulls, annotations, decimal
 * exponents, negative zeros, timestamp precision and unknown offsets). Model: https://amazon-ion.github.io/ion-docs/docs/spec.html
 */
export type IonType =
  | "null"
  | "bool"
  | "int"
  | "float"
  | "decimal"
  | "timestamp"
  | "symbol"
  | "string"
  | "clob"
  | "blob"
  | "list"
  | "sexp"
  | "struct";

/** The text of a symbol; null where only an unknown symbol id was sent. */
export type SymbolText = string | null;

interface Annotated {
  readonly annotations?: readonly SymbolText[];
}

export interface NullValue extends Annotated {
  readonly type: "null";
  /** The type of a typed null. */
  readonly of: IonType;
}
export interface BoolValue extends Annotated {
  readonly type: "bool";
  readonly value: boolean;
}
export interface IntValue extends Annotated {
  readonly type: "int";
  readonly value: bigint;
}
export interface FloatValue extends Annotated {
  readonly type: "float";
  readonly value: number;
}
export interface DecimalValue extends Annotated {
  readonly type: "decimal";
  readonly coefficient: bigint;
  readonly exponent: number;
  /** The sign of a zero coefficient. */
  readonly negativeZero: boolean;
}
export interface TimestampValue extends Annotated {
  readonly type: "timestamp";
  /** The binary encoding without its type descriptor: precision and offset are in it. */
  readonly bytes: Buffer;
}
export interface TextValue extends Annotated {
  readonly type: "string";
  readonly value: string;
}
export interface SymbolValue extends Annotated {
  readonly type: "symbol";
  readonly value: SymbolText;
}
export interface LobValue extends Annotated {
  readonly type: "clob" | "blob";
  readonly value: Buffer;
}
export interface SequenceValue extends Annotated {
  readonly type: "list" | "sexp";
  readonly items: readonly IonValue[];
}
export interface Field {
  readonly name: SymbolText;
  readonly value: IonValue;
}
export interface StructValue extends Annotated {
  readonly type: "struct";
  /** In the order they were sent; names may repeat. */
  readonly fields: readonly Field[];
  /** The first field of a name, where it can be read without the others. */
  fieldNamed?(name: string): IonValue | undefined;
  /** How many fields there are, where they can be counted without being read. */
  readonly fieldCount?: number;
}

export type IonValue =
  | NullValue
  | BoolValue
  | IntValue
  | FloatValue
  | DecimalValue
  | TimestampValue
  | TextValue
  | SymbolValue
  | LobValue
  | SequenceValue
  | StructValue;

/**
 * What the ledger takes: recursion over a value has to end before the stack does, what is written has to be readable again, and no single
 * step may hold up everybody. Exponents are those that ion-js, and so the Node driver, can read: 27 bits.
 */
export const ionLimits = {
  depth: 500,
  exponent: 2 ** 27 - 1,
  /** Bytes of a number's magnitude, and the digits that surely fit in them. */
  numberBytes: 4096,
  digits: 9_864,
  /** Characters of Ion text that is read at once. */
  textLength: 100_000,
  /** Values in one that is sent, those inside others too. */
  values: 1 << 17,
};

export const nullValue: NullValue = { type: "null", of: "null" };

const trueValue: BoolValue = { type: "bool", value: true };
const falseValue: BoolValue = { type: "bool", value: false };

export function bool(value: boolean): BoolValue {
  return value ? trueValue : falseValue;
}

export function int(value: bigint | number): IntValue {
  return { type: "int", value: BigInt(value) };
}

export function float(value: number): FloatValue {
  return { type: "float", value };
}

export function decimal(coefficient: bigint, exponent: number): DecimalValue {
  return { type: "decimal", coefficient, exponent, negativeZero: false };
}

export function text(value: string): TextValue {
  return { type: "string", value };
}

export function blob(value: Buffer): LobValue {
  return { type: "blob", value };
}

export function list(items: readonly IonValue[]): SequenceValue {
  return { type: "list", items };
}

/** A struct of the fields that have a value, in the given order. */
export function struct(fields: Readonly<Record<string, IonValue | undefined>>): StructValue {
  const present: Field[] = [];
  for (const name in fields) {
    const value = fields[name];
    if (value !== undefined) present.push({ name, value });
  }
  return { type: "struct", fields: present };
}

/** The first field of a name. @returns undefined where the value is no struct or has no such field */
export function field(value: IonValue | undefined, name: string): IonValue | undefined {
  if (value?.type !== "struct") return undefined;
  return value.fieldNamed === undefined ? value.fields.find((each) => each.name === name)?.value : value.fieldNamed(name);
}

/** The field's text, where it is a string or a symbol. */
export function textField(value: IonValue | undefined, name: string): string | undefined {
  const found = field(value, name);
  return (found?.type === "string" || found?.type === "symbol") && found.value !== null ? found.value : undefined;
}

/** How many values there are in one, it and those inside others too; counting ends once they are `most`. */
export function countUpTo(value: IonValue, most: number): number {
  let count = 1;
  const inside = value.type === "struct" ? value.fields : "items" in value ? value.items : [];
  for (const each of inside) {
    if (count >= most) break;
    count += countUpTo("name" in each ? each.value : each, most - count);
  }
  return count;
}

/** How deeply a value is nested, as the binary encoding nests it: annotations wrap a value too. 0 for a plain scalar or an empty container. */
export function depthOf(value: IonValue): number {
  const inside = value.type === "struct" ? value.fields.map((each) => each.value) : "items" in value ? value.items : [];
  const own = inside.reduce((most, each) => Math.max(most, depthOf(each) + 1), 0);
  return value.annotations === undefined || value.annotations.length === 0 ? own : own + 1;
}
