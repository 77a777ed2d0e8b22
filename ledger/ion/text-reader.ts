import { IonTypes, makeBinaryWriter, makeReader, type Reader, Timestamp, TimestampPrecision } from "ion-js";
import { readBinary } from "./binary-reader.ts";
import { IonError } from "./errors.ts";
import { makeTimestamp, timestampOf, timestampParts } from "./timestamp.ts";
import { type Field, type IonType, type IonValue, ionLimits } from "./value.ts";

/** What a text may hold; one count for all that is read with it. */
export interface TextLimits {
  /** How deeply containers may be nested; by default as deeply as in a document. */
  readonly depth?: number;
  /** How many values there may still be, those inside others too. */
  readonly values: { left: number };
}

/** What is no number and no bracket though it may look like one: texts, quoted symbols, comments. What is not closed reaches to the end. */
const quoted =
  /"[^"\\]*(?:\\[\s\S][^"\\]*)*(?:"|\\?$)|'''(?:[^\\]|\\[\s\S])*?(?:'''|\\?$)|'[^'\\]*(?:\\[\s\S][^'\\]*)*(?:'|\\?$)|\/\/[^\n]*|\/\*[\s\S]*?(?:\*\/|$)/;
/** With what opens a lob, the base64 in it, numbers, and the name of symbol tables. */
const pieces = new RegExp(`${quoted.source}|\\{\\{[\\sA-Za-z0-9+/=]*|\\d[\\w.]*|\\$ion_symbol_table`, "g");
const tableName = "$ion_symbol_table";
/** What stands behind an annotation; a comment may come first. */
const annotating = /\s*[:/]/y;

/** ion-js makes each symbol table anew with all names of those before, in one step. */
const mostTables = 10;

/** How many values, or pieces of text, are looked at in one step. */
const piecesAtOnce = 500;

/**
 * Reads one value of Ion text step by step.
 * @returns yields wherever others may have their turn: a step is at most some hundred values, or one long text
 * @throws IonError
 */
export function* readTextSteps(source: string, limits: TextLimits): Generator<undefined, IonValue> {
  yield* refuseUnbounded(source);
  return yield* valueSteps(source, limits);
}

/** The same without bounds, for what a ledger itself has written. @throws IonError */
export function* valueSteps(source: string, limits: TextLimits): Generator<undefined, IonValue> {
  const values: IonValue[] = [];
  try {
    const reader = makeReader(source);
    const builder = new Builder(reader, limits);
    for (let count = 0; builder.step(values); ) if (++count % piecesAtOnce === 0) yield undefined;
  } catch (error) {
    throw error instanceof IonError ? error : new IonError(error instanceof Error ? error.message : String(error));
  }
  const [value] = values;
  if (value === undefined || values.length > 1) throw new IonError(`expected one Ion value, found ${values.length}`);
  return value;
}

/** What ion-js, or anything that counts with a number, takes more than linear time for. */
function* refuseUnbounded(source: string): Generator<undefined> {
  const { digits, textLength } = ionLimits;
  const most = source.length > textLength ? 0 : mostTables;
  let [count, tables] = [0, 0];
  for (const { 0: found, index } of source.matchAll(pieces)) {
    if (++count % piecesAtOnce === 0) yield undefined;
    const first = found.charCodeAt(0);
    if (first >= zero && first <= nine) {
      if (found.length > digits) throw new IonError(`a number of ${found.length} characters: allowed are ${digits} digits`);
    } else if (mayNameTable(found)) {
      annotating.lastIndex = index + found.length;
      if (annotating.test(source) && ++tables > most) throw new IonError(`it has more than ${most} symbol tables`);
    }
  }
}

const [zero, nine] = [48, 57];

/** A name in quotation marks may be written with escapes. */
function mayNameTable(found: string): boolean {
  return (
    found === tableName || (found.startsWith("'") && (found === `'${tableName}'` || (found.includes("\\") && !found.startsWith("'''"))))
  );
}

/** A container that is being read. */
interface Open {
  readonly value: IonValue;
  readonly items: IonValue[];
  readonly fields: Field[];
}

/** Builds values from what ion-js reads. */
class Builder {
  private readonly reader: Reader;
  private readonly limits: TextLimits;
  private readonly open: Open[] = [];
  private annotations = 0;

  constructor(reader: Reader, limits: TextLimits) {
    this.reader = reader;
    this.limits = limits;
  }

  /** Reads one value, or to the end of one container. @returns whether there is more */
  step(values: IonValue[]): boolean {
    const { reader, open, limits } = this;
    const { depth = ionLimits.depth } = limits;
    const type = reader.next();
    if (type === null) {
      const closed = open.pop();
      if (closed === undefined) return false;
      reader.stepOut();
      if ((closed.value.annotations?.length ?? 0) > 0) this.annotations--;
      return true;
    }
    if (--limits.values.left < 0) throw new IonError("there are too many values in it");
    const into = open.at(-1);
    const name = into?.value.type === "struct" ? reader.fieldName() : undefined;
    const annotations = reader.annotations();
    const plain = plainValue(reader);
    const value: IonValue = annotations.length === 0 ? plain.value : { ...plain.value, annotations };
    if (into === undefined) values.push(value);
    else if (name === undefined) into.items.push(value);
    else into.fields.push({ name, value });
    if (plain.open !== undefined) {
      reader.stepIn();
      if (annotations.length > 0) this.annotations++;
      open.push({ value, ...plain.open });
    }
    // Annotations wrap a value in the binary encoding, and count as it does.
    const wrapped = plain.open === undefined && annotations.length > 0 ? 1 : 0;
    if (open.length + this.annotations + wrapped - (plain.open === undefined ? 0 : 1) > depth)
      throw new IonError(`values are nested deeper than ${depth}`);
    return true;
  }
}

/** The value that a reader stands at, without annotations; a container's content is still to come. */
function plainValue(reader: Reader): { readonly value: IonValue; readonly open?: Omit<Open, "value"> } {
  const type = reader.type();
  if (type === null) throw new Error("there is no value");
  if (reader.isNull()) return { value: { type: "null", of: type.name as IonType } };
  switch (type) {
    case IonTypes.BOOL:
      return { value: { type: "bool", value: reader.booleanValue() === true } };
    case IonTypes.INT:
      return { value: { type: "int", value: reader.bigIntValue() ?? 0n } };
    case IonTypes.FLOAT:
      return { value: { type: "float", value: reader.numberValue() ?? 0 } };
    case IonTypes.DECIMAL: {
      const decimal = reader.decimalValue();
      if (decimal === null) throw new Error("a decimal has no value");
      const [coefficient, exponent] = [decimal.getCoefficient(), decimal.getExponent() + 0];
      if (!(Math.abs(exponent) <= ionLimits.exponent)) throw new IonError(`a decimal's exponent is ${exponent}`);
      return { value: { type: "decimal", coefficient, exponent, negativeZero: coefficient === 0n && decimal.isNegative() } };
    }
    case IonTypes.TIMESTAMP:
      return { value: timestampValue(reader.timestampValue()) };
    case IonTypes.SYMBOL: {
      const text = reader.stringValue();
      return { value: text === null ? { type: "null", of: "symbol" } : { type: "symbol", value: text } };
    }
    case IonTypes.STRING:
      return { value: { type: "string", value: reader.stringValue() ?? "" } };
    case IonTypes.CLOB:
    case IonTypes.BLOB:
      return { value: { type: type === IonTypes.CLOB ? "clob" : "blob", value: Buffer.from(reader.uInt8ArrayValue() ?? []) } };
    case IonTypes.LIST:
    case IonTypes.SEXP: {
      const items: IonValue[] = [];
      return { value: { type: type === IonTypes.LIST ? "list" : "sexp", items }, open: { items, fields: [] } };
    }
    case IonTypes.STRUCT: {
      const fields: Field[] = [];
      return { value: { type: "struct", fields }, open: { items: [], fields } };
    }
    default:
      throw new Error(`unknown type ${type.name}`);
  }
}

function timestampValue(timestamp: Timestamp | null): IonValue {
  // The times that a ledger writes itself: of milliseconds, in UTC.
  const known = timestamp?.getPrecision() === TimestampPrecision.SECONDS && Object.is(timestamp.getLocalOffset(), 0);
  if (known && timestamp.getSecondsDecimal().getExponent() === -3) return timestampOf(timestamp.getDate().getTime());
  // The library rounds a second's fraction to milliseconds before it tells the minute: of 23:59:59.9999 it makes the next day.
  const [, before = "", digits = "", zone = ""] = /^(.*)\.(\d+)(.*)$/.exec(timestamp?.toString() ?? "") ?? [];
  if (digits === "") return encoded(timestamp);
  const whole = encoded(Timestamp.parse(before + zone));
  if (whole.type !== "timestamp") return whole;
  return makeTimestamp({ ...timestampParts(whole), fraction: { coefficient: BigInt(digits), exponent: -digits.length } });
}

function encoded(timestamp: Timestamp | null): IonValue {
  const writer = makeBinaryWriter();
  writer.writeTimestamp(timestamp);
  writer.close();
  return readBinary(Buffer.from(writer.getBytes()));
}
