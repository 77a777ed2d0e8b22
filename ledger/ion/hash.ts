import { hash } from "node:crypto";
import { decimalBytes, floatBytes, magnitude } from "./binary-writer.ts";
import type { IonType, IonValue, SymbolText } from "./value.ts";

const begin = 0x0b;
const escapeByte = 0x0c;
const end = 0x0e;

const codes: Record<IonType, number> = {
  ...{ null: 0x00, bool: 0x10, int: 0x20, float: 0x40, decimal: 0x50, timestamp: 0x60, symbol: 0x70 },
  ...{ string: 0x80, clob: 0x90, blob: 0xa0, list: 0xb0, sexp: 0xc0, struct: 0xd0 },
};

/**
 * The Ion hash of a value with SHA-256: https://amazon-ion.github.io/ion-hash/docs/spec.html
 * @returns 32 bytes
 */
export function ionHash(value: IonValue): Buffer {
  return sha256(serialized(value));
}

export function sha256(bytes: Buffer): Buffer {
  return hash("sha256", bytes, "buffer");
}

function serialized(value: IonValue): Buffer {
  const { annotations } = value;
  if (annotations === undefined || annotations.length === 0) return plain(value);
  return wrapped(0xe0, Buffer.concat([...annotations.map(symbol), plain(value)]));
}

function plain(value: IonValue): Buffer {
  switch (value.type) {
    case "null":
      return scalar(codes[value.of] | 0x0f, Buffer.alloc(0));
    case "bool":
      return scalar(value.value ? 0x11 : 0x10, Buffer.alloc(0));
    case "int":
      return scalar(value.value < 0n ? 0x30 : 0x20, magnitude(value.value));
    case "float":
      return scalar(0x40, Number.isNaN(value.value) ? Buffer.from("7ff8000000000000", "hex") : floatBytes(value.value));
    case "decimal":
      return scalar(0x50, decimalBytes(value));
    case "timestamp":
      return scalar(0x60, value.bytes);
    case "symbol":
      return symbol(value.value);
    case "string":
      return scalar(0x80, Buffer.from(value.value, "utf8"));
    case "clob":
    case "blob":
      return scalar(codes[value.type], value.value);
    case "list":
    case "sexp":
      return wrapped(codes[value.type], Buffer.concat(value.items.map(serialized)));
    case "struct": {
      const fields = value.fields.map((each) => sha256(Buffer.concat([symbol(each.name), serialized(each.value)])));
      return wrapped(0xd0, escaped(Buffer.concat(fields.sort(Buffer.compare))));
    }
  }
}

function symbol(text: SymbolText): Buffer {
  return text === null ? scalar(0x71, Buffer.alloc(0)) : scalar(0x70, Buffer.from(text, "utf8"));
}

function scalar(code: number, content: Buffer): Buffer {
  return wrapped(code, escaped(content));
}

function wrapped(code: number, content: Buffer): Buffer {
  return Buffer.concat([Buffer.from([begin, code]), content, Buffer.from([end])]);
}

/** Marker bytes inside content get an escape byte before them. */
function escaped(content: Buffer): Buffer {
  let markers = 0;
  for (const byte of content) if (byte === begin || byte === escapeByte || byte === end) markers++;
  if (markers === 0) return content;
  const out = Buffer.alloc(content.length + markers);
  let at = 0;
  for (const byte of content) {
    if (byte === begin || byte === escapeByte || byte === end) out[at++] = escapeByte;
    out[at++] = byte;
  }
  return out;
}
