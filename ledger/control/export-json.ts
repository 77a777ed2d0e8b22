import { writeText } from "../ion/text.ts";
import type { DecimalValue, IonValue } from "../ion/value.ts";

/**
 * Ion as JSON, by the rules of the Ion cookbook that QLDB's exports follow: annotations go, nulls lose their type, timestamps and symbols
 * become strings, blobs base64, clobs strings with a character a byte, s-expressions arrays; numbers keep all their digits.
 * https://amazon-ion.github.io/ion-docs/guides/cookbook.html#down-converting-to-json
 */
export function ionToJson(value: IonValue): string {
  switch (value.type) {
    case "null":
      return "null";
    case "bool":
    case "int":
      return String(value.value);
    case "float":
      return Number.isFinite(value.value) ? String(value.value) : "null";
    case "decimal":
      return decimalToJson(value);
    case "timestamp":
      // Ion's own text ends a day in "T", too.
      return JSON.stringify(writeText({ type: "timestamp", bytes: value.bytes }).replace(/^(\d+-\d\d-\d\d)T$/, "$1"));
    case "symbol":
      return value.value === null ? '"$0"' : JSON.stringify(value.value);
    case "string":
      return JSON.stringify(value.value);
    case "clob":
      return JSON.stringify(value.value.toString("latin1"));
    case "blob":
      return JSON.stringify(value.value.toString("base64"));
    case "list":
    case "sexp":
      return `[${value.items.map(ionToJson).join(",")}]`;
    case "struct":
      return `{${value.fields.map(({ name, value: each }) => `${JSON.stringify(name ?? "$0")}:${ionToJson(each)}`).join(",")}}`;
  }
}

/** Most zeros that are written out; beyond them an exponent is. */
const mostPlaces = 100;

function decimalToJson({ coefficient, exponent, negativeZero }: DecimalValue): string {
  const sign = coefficient < 0n || negativeZero ? "-" : "";
  const digits = String(coefficient < 0n ? -coefficient : coefficient);
  if (exponent === 0) return sign + digits;
  if (exponent > 0 || exponent < -mostPlaces) return `${sign}${digits}e${exponent}`;
  const padded = digits.padStart(1 - exponent, "0");
  return `${sign}${padded.slice(0, exponent)}.${padded.slice(exponent)}`;
}
