import { type IonNode, type IonScalar, type SymbolName, unsigned } from "./ion-reader.ts";

/** A value as Ion text, on one line. */
export function ionWords(node: IonNode): string {
  const annotations = node.annotations.map((each) => `${symbolWords(each)}::`).join("");
  return annotations + plainWords(node);
}

/** A value for a cell of a table: text without quotation marks, everything else as Ion. */
export function cellWords(node: IonNode | undefined): string {
  if (node === undefined) return "";
  return node.type === "string" && node.annotations.length === 0 ? node.value : ionWords(node);
}

function plainWords(node: IonNode): string {
  switch (node.type) {
    case "null":
      return node.of === "null" ? "null" : `null.${node.of}`;
    case "bool":
      return String(node.value);
    case "int":
      return `${node.negative ? "-" : ""}${unsigned(node.bytes)}`;
    case "string":
      return JSON.stringify(node.value);
    case "symbol":
      return symbolWords(node.value);
    case "list":
      return `[${node.items.map(ionWords).join(", ")}]`;
    case "sexp":
      return `(${node.items.map(ionWords).join(" ")})`;
    case "struct":
      return `{${node.fields.map(({ name, value }) => `${symbolWords(name)}: ${ionWords(value)}`).join(", ")}}`;
    default:
      return scalarWords[node.type](node.bytes);
  }
}

const scalarWords: Readonly<Record<IonScalar, (bytes: Uint8Array) => string>> = {
  float: (bytes) => floatWords(bytes),
  decimal: (bytes) => decimalWords(bytes),
  timestamp: (bytes) => timestampWords(bytes),
  clob: (bytes) => `{{${JSON.stringify(String.fromCharCode(...bytes))}}}`,
  blob: (bytes) => `{{${btoa(String.fromCharCode(...bytes))}}}`,
};

/** Words that text would take for something else than a symbol. */
const taken = /^(null|true|false|nan)$/;

function symbolWords(symbol: SymbolName): string {
  if (symbol === null) return "$0";
  if (/^(?!\$\d)[A-Za-z_$][\w$]*$/.test(symbol) && !taken.test(symbol)) return symbol;
  return `'${JSON.stringify(symbol).slice(1, -1).replaceAll('\\"', '"').replaceAll("'", "\\'")}'`;
}

function floatWords(bytes: Uint8Array): string {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const value = bytes.length === 0 ? 0 : bytes.length === 4 ? view.getFloat32(0) : view.getFloat64(0);
  if (Number.isNaN(value)) return "nan";
  if (!Number.isFinite(value)) return value > 0 ? "+inf" : "-inf";
  const text = Object.is(value, -0) ? "-0" : String(value);
  return text.includes("e") ? text.replace("e+", "e") : `${text}e0`;
}

function decimalWords(bytes: Uint8Array): string {
  if (bytes.length === 0) return "0.";
  const { value: exponent, next } = varInt(bytes, 0);
  const { sign, digits } = signed(bytes.subarray(next));
  if (exponent === 0) return `${sign}${digits}.`;
  if (exponent > 0 || exponent < -40) return `${sign}${digits}d${exponent}`;
  const padded = digits.padStart(1 - exponent, "0");
  return `${sign}${padded.slice(0, exponent)}.${padded.slice(exponent)}`;
}

/** In its own offset, and as exactly as it was written. */
function timestampWords(bytes: Uint8Array): string {
  const offset = varInt(bytes, 0);
  const parts: number[] = [];
  let at = offset.next;
  while (at < bytes.length && parts.length < 6) {
    const part = varUint(bytes, at);
    parts.push(part.value);
    at = part.next;
  }
  const [year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0] = parts;
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  date.setUTCHours(hour, minute + offset.value, second);
  const iso = date.toISOString();
  if (parts.length === 1) return `${iso.slice(0, 4)}T`;
  if (parts.length === 2) return `${iso.slice(0, 7)}T`;
  if (parts.length === 3) return iso.slice(0, 10);
  const seconds = parts.length === 6 ? `${iso.slice(16, 19)}${fraction(bytes, at)}` : "";
  return `${iso.slice(0, 16)}${seconds}${zone(offset)}`;
}

function fraction(bytes: Uint8Array, at: number): string {
  if (at >= bytes.length) return "";
  const { value: exponent, next } = varInt(bytes, at);
  return exponent >= 0 ? "" : `.${unsigned(bytes.subarray(next)).toString().padStart(-exponent, "0")}`;
}

function zone({ value, negative }: Pick<VarNumber, "value" | "negative">): string {
  if (value === 0) return negative ? "-00:00" : "Z";
  const two = (number: number) => String(number).padStart(2, "0");
  return `${negative ? "-" : "+"}${two(Math.floor(Math.abs(value) / 60))}:${two(Math.abs(value) % 60)}`;
}

interface VarNumber {
  readonly value: number;
  readonly negative: boolean;
  /** Where what follows begins. */
  readonly next: number;
}

function varUint(bytes: Uint8Array, at: number): VarNumber {
  let value = 0;
  for (let next = at; next < bytes.length; next++) {
    const byte = bytes[next] ?? 0;
    value = value * 128 + (byte & 127);
    if ((byte & 128) !== 0) return { value, negative: false, next: next + 1 };
  }
  throw new Error("the number is cut off");
}

/** The first byte holds the sign and six bits. */
function varInt(bytes: Uint8Array, at: number): VarNumber {
  const first = bytes[at] ?? 0;
  const negative = (first & 64) !== 0;
  if ((first & 128) !== 0) return { value: (negative ? -1 : 1) * (first & 63), negative, next: at + 1 };
  const rest = varUint(bytes, at + 1);
  const value = (first & 63) * 128 ** (rest.next - at - 1) + rest.value;
  return { value: negative ? -value : value, negative, next: rest.next };
}

function signed(bytes: Uint8Array): { sign: string; digits: string } {
  const [first = 0, ...rest] = bytes;
  return { sign: (first & 128) === 0 ? "" : "-", digits: unsigned(Uint8Array.from([first & 127, ...rest])).toString() };
}
