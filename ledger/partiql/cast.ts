import { comparedText, exact, toDouble } from "../ion/compare.ts";
import { IonError } from "../ion/errors.ts";
import { readText, writeText } from "../ion/text.ts";
import { bool, decimal, float, type IonValue, int, ionLimits, nullValue, text } from "../ion/value.ts";
import type { TypeName } from "./ast.ts";
import { evaluationError, type Position } from "./errors.ts";
import { bagOf, isIon, itemsIn, listOf, missing, toIon, type Value } from "./values.ts";

/**
 * CAST(value AS type), as https://docs.aws.amazon.com/qldb/latest/developerguide/ql-functions.cast.html has it: what is absent stays so,
 * unless NULL or MISSING is the type.
 * @throws LedgerError where the value cannot become one
 */
export function cast(value: Value, { name: type }: TypeName, at: Position): Value {
  if (value.type === "missing" || value.type === "null") {
    if (type === "NULL") return nullValue;
    return type === "MISSING" ? missing : value;
  }
  const converted = collection(value, type) ?? (isIon(value) ? convert(value, type) : undefined);
  if (converted === undefined) throw evaluationError(at, `cannot cast a value of type ${value.type} to ${type.toLowerCase()}`);
  return converted;
}

/** A collection of another kind, with the same items. */
function collection(value: Value, type: string): Value | undefined {
  if (type === "STRUCT" || type === "TUPLE") return value.type === "struct" ? value : undefined;
  const items = itemsIn(value);
  if (items === undefined) return undefined;
  if (type === "LIST") return listOf(items);
  if (type === "BAG") return bagOf(items);
  return type === "SEXP" ? { type: "sexp", items: items.flatMap((item) => toIon(item) ?? []) } : undefined;
}

function convert(value: IonValue, type: string): Value | undefined {
  const written = comparedText(value);
  switch (type) {
    case "STRING":
    case "VARCHAR":
    case "CHARACTER":
    case "CHAR": {
      const content = written ?? printed(value);
      return content === undefined ? undefined : text(content);
    }
    case "SYMBOL":
      return symbolOf(written ?? printed(value));
    case "BOOL":
    case "BOOLEAN":
      return toBool(value, written);
    case "INT":
    case "INTEGER":
    case "SMALLINT":
    case "BIGINT":
      return toInt(value, written);
    case "FLOAT":
    case "REAL":
    case "DOUBLE": {
      const number = written === undefined ? (value.type === "bool" ? Number(value.value) : toDouble(value)) : doubleIn(written);
      return number === undefined ? undefined : float(number);
    }
    case "DECIMAL":
    case "NUMERIC":
      return toDecimal(value, written);
    case "TIMESTAMP":
      return value.type === "timestamp" ? value : fromText(written, "timestamp");
    case "CLOB":
    case "BLOB":
      return value.type === "clob" || value.type === "blob" ? { type: type === "CLOB" ? "clob" : "blob", value: value.value } : undefined;
    default:
      return undefined;
  }
}

function symbolOf(content: string | undefined): Value | undefined {
  return content === undefined ? undefined : { type: "symbol", value: content };
}

/** A scalar as text: numbers without the marks by which Ion tells its types apart. */
function printed(value: IonValue): string | undefined {
  if (value.type === "bool") return String(value.value);
  if (value.type === "int") return value.value.toString();
  if (value.type === "timestamp") return writeText({ ...value, annotations: [] });
  if (value.type === "decimal") return printedDecimal(value.coefficient, value.exponent);
  return value.type === "float" ? printedFloat(value.value) : undefined;
}

/** Plain where that is short, else scientific: `1.50`, `1E+3`, `1E-7`. */
function printedDecimal(coefficient: bigint, exponent: number): string {
  const sign = coefficient < 0n ? "-" : "";
  const digits = (coefficient < 0n ? -coefficient : coefficient).toString();
  const power = exponent + digits.length - 1;
  if (exponent <= 0 && power >= -6) {
    if (exponent === 0) return sign + digits;
    const padded = digits.padStart(1 - exponent, "0");
    return `${sign}${padded.slice(0, exponent)}.${padded.slice(exponent)}`;
  }
  const mantissa = digits.length === 1 ? digits : `${digits[0]}.${digits.slice(1)}`;
  return `${sign}${mantissa}E${power < 0 ? "" : "+"}${power}`;
}

/** With one digit behind the point at least: `1.0`, `1.5E10`. */
function printedFloat(value: number): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? "nan" : value > 0 ? "+inf" : "-inf";
  const size = Math.abs(value);
  const plain = value === 0 || (size >= 1e-3 && size < 1e7);
  const [mantissa = "", power = ""] = (plain ? (Object.is(value, -0) ? "-0" : String(value)) : value.toExponential()).split("e");
  const full = mantissa.includes(".") ? mantissa : `${mantissa}.0`;
  return power === "" ? full : `${full}E${Number(power)}`;
}

/** Of texts only "true" is true. */
function toBool(value: IonValue, written: string | undefined): Value | undefined {
  if (value.type === "bool") return value;
  if (written !== undefined) return bool(written.toLowerCase() === "true");
  const number = toDouble(value);
  return number === undefined ? undefined : bool(number !== 0);
}

function toInt(value: IonValue, written: string | undefined): Value | undefined {
  if (value.type === "int") return int(value.value);
  if (value.type === "bool") return int(value.value ? 1 : 0);
  if (value.type === "float") return Number.isFinite(value.value) ? int(BigInt(Math.trunc(value.value))) : undefined;
  const number = written === undefined ? exact(value) : intIn(written);
  if (number === undefined || number.exponent > 1000) return undefined;
  const { coefficient, exponent } = number;
  return int(
    exponent >= 0
      ? coefficient * 10n ** BigInt(exponent)
      : -exponent > coefficient.toString().length
        ? 0n
        : coefficient / 10n ** BigInt(-exponent),
  );
}

function toDecimal(value: IonValue, written: string | undefined): Value | undefined {
  if (value.type === "decimal") return value;
  if (value.type === "int") return decimal(value.value, 0);
  if (value.type === "bool") return decimal(value.value ? 1n : 0n, 0);
  const digits = value.type === "float" ? String(value.value) : written;
  const [, whole = "", fraction = "", power = "0"] = decimalForm.exec(digits?.trim() ?? "") ?? [];
  if (!/\d/.test(whole + fraction) || whole.length + fraction.length > ionLimits.digits) return undefined;
  const exponent = Number(power) - fraction.length;
  return Math.abs(exponent) > ionLimits.exponent ? undefined : decimal(BigInt(whole + fraction), exponent);
}

const decimalForm = /^([-+]?\d*)\.?(\d*)(?:[eEdD]([-+]?\d+))?$/;

/** A number in digits, also without any before or behind the point. */
function doubleIn(written: string): number | undefined {
  return decimalForm.test(written.trim()) && /\d/.test(written) ? Number(written.trim().replace(/d/i, "e")) : undefined;
}

/** An int as Ion writes it: decimal, hexadecimal or binary, underscores between its digits; and with a plus, or zeros before it. */
function intIn(written: string): { coefficient: bigint; exponent: number } | undefined {
  const found = /^([-+]?)(0[xX][\da-fA-F]+(?:_[\da-fA-F]+)*|0[bB][01]+(?:_[01]+)*|\d+(?:_\d+)*)$/.exec(written.trim());
  if (found === null || written.length > ionLimits.digits) return undefined;
  const size = BigInt((found[2] ?? "").replaceAll("_", ""));
  return { coefficient: found[1] === "-" ? -size : size, exponent: 0 };
}

function fromText(written: string | undefined, type: IonValue["type"]): Value | undefined {
  if (written === undefined) return undefined;
  try {
    const value = readText(written);
    return value.type === type ? value : undefined;
  } catch (error) {
    if (error instanceof IonError) return undefined;
    throw error;
  }
}
