import { writeText } from "./text.ts";
import type { DecimalValue, IonValue, LobValue } from "./value.ts";

/**
 * An Ion value as JSON, by Ion's rules: https://amazon-ion.github.io/ion-docs/guides/cookbook.html#down-converting-to-json
 * Numbers keep all their digits, so a reader may need decimals of its own; annotations are left out, nulls lose their type, blobs become
 * base64, clobs texts with a character a byte, s-expressions arrays; fields that repeat stay repeated.
 */
export function ionJson(value: IonValue): string {
  switch (value.type) {
    case "null":
      return "null";
    case "bool":
      return String(value.value);
    case "int":
      return value.value.toString();
    case "float":
      return Number.isFinite(value.value) ? floatText(value.value) : "null";
    case "decimal":
      return decimalText(value);
    case "timestamp":
      // Ion's own text ends a day in "T", too.
      return JSON.stringify(writeText({ type: "timestamp", bytes: value.bytes }).replace(/^(\d+-\d\d-\d\d)T$/, "$1"));
    case "symbol":
      return JSON.stringify(value.value ?? "$0");
    case "string":
      return JSON.stringify(value.value);
    case "clob":
      return clobText(value);
    case "blob":
      return JSON.stringify(value.value.toString("base64"));
    case "list":
    case "sexp":
      return `[${value.items.map(ionJson).join(",")}]`;
    case "struct":
      return `{${value.fields.map(({ name, value: inner }) => `${JSON.stringify(name ?? "$0")}:${ionJson(inner)}`).join(",")}}`;
  }
}

function floatText(value: number): string {
  return Object.is(value, -0) ? "-0" : JSON.stringify(value);
}

/** With every digit, also those zeros at its end that JSON's readers do not tell apart. */
function decimalText({ coefficient, exponent, negativeZero }: DecimalValue): string {
  const sign = coefficient < 0n || negativeZero ? "-" : "";
  const digits = (coefficient < 0n ? -coefficient : coefficient).toString();
  if (exponent === 0) return sign + digits;
  if (exponent > 0 || exponent < -40) return `${sign}${digits}e${exponent}`;
  const padded = digits.padStart(1 - exponent, "0");
  return `${sign}${padded.slice(0, exponent)}.${padded.slice(exponent)}`;
}

/** Bytes beyond ASCII as code points of the same number. */
function clobText({ value }: LobValue): string {
  return JSON.stringify(value.toString("latin1")).replace(
    /[\x7f-\xff]/g,
    (sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
