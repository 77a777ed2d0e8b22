import { timestampParts } from "./timestamp.ts";
import type { DecimalValue, IonValue, SymbolText, TimestampValue } from "./value.ts";

/** Writes a value that this file has no rule for. */
type Rare = (value: IonValue) => string;

/**
 * Ion text on one line, as ion-js writes it: blocks of a journal are shown by the million, and through the library each takes a writing and
 * a reading in binary first.
 * @param rare for floats, clobs, times of another offset than UTC, and symbols and texts that few have
 */
export function ionText(value: IonValue, rare: Rare): string {
  const { annotations } = value;
  if (annotations !== undefined && annotations.length > 0) return rare(value);
  switch (value.type) {
    case "null":
      return value.of === "null" ? "null" : `null.${value.of}`;
    case "bool":
      return value.value ? "true" : "false";
    case "int":
      return value.value.toString();
    case "decimal":
      return decimalText(value);
    case "timestamp":
      return timestampText(value) ?? rare(value);
    case "symbol":
      return symbolText(value.value) ?? rare(value);
    case "string":
      return toBeEscaped.test(value.value) ? rare(value) : `"${value.value}"`;
    case "blob":
      return `{{${value.value.toString("base64")}}}`;
    case "list":
      return `[${value.items.map((item) => ionText(item, rare)).join(",")}]`;
    case "struct":
      return structText(value.fields, rare) ?? rare(value);
    default:
      return rare(value);
  }
}

/** What a string does not show as it is: control characters, its quotes, the escape character, half of a character. */
const toBeEscaped = /["\\\p{Cc}\p{Cs}]/u;

function structText(fields: readonly { readonly name: SymbolText; readonly value: IonValue }[], rare: Rare): string | undefined {
  let text = "{";
  for (const { name, value } of fields) {
    const shown = symbolText(name);
    if (shown === undefined) return undefined;
    text += `${text.length > 1 ? "," : ""}${shown}:${ionText(value, rare)}`;
  }
  return `${text}}`;
}

const identifier = /^[A-Za-z_][A-Za-z0-9_$]*$/;
/** Needs quotes, and nothing in it an escape. */
const quoted = /^[A-Za-z0-9][A-Za-z0-9 ./:-]*$/;
const keywords = new Set(["null", "true", "false", "nan"]);

function symbolText(text: SymbolText): string | undefined {
  if (text === null) return undefined;
  if (identifier.test(text)) return keywords.has(text) ? `'${text}'` : text;
  return quoted.test(text) ? `'${text}'` : undefined;
}

function decimalText({ coefficient, exponent, negativeZero }: DecimalValue): string {
  const sign = coefficient < 0n || negativeZero ? "-" : "";
  const digits = (coefficient < 0n ? -coefficient : coefficient).toString();
  if (exponent === 0) return `${sign}${digits}.`;
  if (exponent > 0) return `${sign}${digits}d${exponent}`;
  const whole = digits.length + exponent;
  if (whole > 0) return `${sign}${digits.slice(0, whole)}.${digits.slice(whole)}`;
  return whole > -6 ? `${sign}0.${"0".repeat(-whole)}${digits}` : `${sign}${digits}d${exponent}`;
}

/** @returns undefined for one that is not in UTC */
function timestampText(value: TimestampValue): string | undefined {
  const { precision, offset, year, month, day, hour, minute, second, fraction } = timestampParts(value);
  if (precision !== "second" || offset !== 0) return undefined;
  const digits = -fraction.exponent;
  const behind = digits > 0 ? `.${fraction.coefficient.toString().padStart(digits, "0")}` : "";
  return `${padded(year, 4)}-${padded(month)}-${padded(day)}T${padded(hour)}:${padded(minute)}:${padded(second)}${behind}Z`;
}

function padded(number: number, digits = 2): string {
  return String(number).padStart(digits, "0");
}
