import { systemSymbols } from "./symbols.ts";
import type { DecimalValue, IonType, IonValue, SymbolText } from "./value.ts";

const nullCodes: Record<IonType, number> = {
  ...{ null: 0x0f, bool: 0x1f, int: 0x2f, float: 0x4f, decimal: 0x5f, timestamp: 0x6f, symbol: 0x7f },
  ...{ string: 0x8f, clob: 0x9f, blob: 0xaf, list: 0xbf, sexp: 0xcf, struct: 0xdf },
};

const systemIds = new Map(systemSymbols.map((symbol, id) => [symbol, id]));
const versionMarker = Buffer.from([0xe0, 0x01, 0x00, 0xea]);

/** Writes one value as a self-contained stream of binary Ion 1.0, with its symbol table. */
export function writeBinary(value: IonValue): Buffer {
  const writer = new Writer();
  const body = writer.value(value);
  return Buffer.concat([versionMarker, writer.symbolTable(), body]);
}

/**
 * Padding that readers pass over: https://amazon-ion.github.io/ion-docs/docs/binary.html#nop-pad
 * @param length of all of it, in bytes
 */
export function padding(length: number): Buffer {
  const bytes = Buffer.alloc(length);
  if (length === 0) return bytes;
  if (length < 15) bytes[0] = length - 1;
  else {
    // The length in four bytes, or in one: a VarUInt may have leading zeros.
    bytes[0] = 0x0e;
    const size = length < 20 ? 1 : 4;
    let rest = length - 1 - size;
    for (let at = size; at >= 1; at--) {
      bytes[at] = (rest & 127) | (at === size ? 128 : 0);
      rest >>= 7;
    }
  }
  return bytes;
}

class Writer {
  private readonly ids = new Map<string, number>();

  symbolTable(): Buffer {
    if (this.ids.size === 0) return Buffer.alloc(0);
    const names = Buffer.concat([...this.ids.keys()].map((name) => tagged(8, Buffer.from(name, "utf8"))));
    const fields = Buffer.concat([varUint(7), tagged(11, names)]);
    const table = tagged(13, fields);
    return tagged(14, Buffer.concat([varUint(1), varUint(3), table]));
  }

  value(value: IonValue): Buffer {
    const plain = this.plain(value);
    if (value.annotations === undefined || value.annotations.length === 0) return plain;
    const ids = Buffer.concat(value.annotations.map((symbol) => varUint(this.id(symbol))));
    return tagged(14, Buffer.concat([varUint(ids.length), ids, plain]));
  }

  private plain(value: IonValue): Buffer {
    switch (value.type) {
      case "null":
        return Buffer.from([nullCodes[value.of]]);
      case "bool":
        return Buffer.from([value.value ? 0x11 : 0x10]);
      case "int":
        return tagged(value.value < 0n ? 3 : 2, magnitude(value.value));
      case "float":
        return tagged(4, floatBytes(value.value));
      case "decimal":
        return tagged(5, decimalBytes(value));
      case "timestamp":
        return tagged(6, value.bytes);
      case "symbol":
        return tagged(7, magnitude(BigInt(this.id(value.value))));
      case "string":
        return tagged(8, Buffer.from(value.value, "utf8"));
      case "clob":
        return tagged(9, value.value);
      case "blob":
        return tagged(10, value.value);
      case "list":
      case "sexp":
        return tagged(value.type === "list" ? 11 : 12, Buffer.concat(value.items.map((item) => this.value(item))));
      case "struct": {
        const parts = value.fields.flatMap(({ name, value: each }) => [varUint(this.id(name)), this.value(each)]);
        const body = Buffer.concat(parts);
        // Length code 1 would say that the fields are sorted; a body of one byte is not possible.
        return tagged(13, body);
      }
    }
  }

  private id(symbol: SymbolText): number {
    const system = systemIds.get(symbol);
    if (system !== undefined) return system;
    const name = symbol ?? "";
    const known = this.ids.get(name);
    if (known !== undefined) return known;
    const id = systemSymbols.length + this.ids.size;
    this.ids.set(name, id);
    return id;
  }
}

function tagged(type: number, body: Buffer): Buffer {
  if (body.length < 14) return Buffer.concat([Buffer.from([(type << 4) | body.length]), body]);
  return Buffer.concat([Buffer.from([(type << 4) | 14]), varUint(body.length), body]);
}

function varUint(value: number): Buffer {
  const bytes = [(value & 127) | 128];
  for (let rest = Math.floor(value / 128); rest > 0; rest = Math.floor(rest / 128)) bytes.unshift(rest & 127);
  return Buffer.from(bytes);
}

/** Ion's VarInt field: the first byte holds the sign and six bits. */
export function varInt(value: number, negativeZero = false): Buffer {
  const negative = value < 0 || negativeZero;
  const bytes: number[] = [];
  let rest = Math.abs(value);
  let last = 128;
  while (rest > 63) {
    bytes.unshift((rest % 128) | last);
    last = 0;
    rest = Math.floor(rest / 128);
  }
  bytes.unshift(rest | (negative ? 64 : 0) | last);
  return Buffer.from(bytes);
}

/** Big-endian bytes of a number's magnitude; none for zero. */
export function magnitude(value: bigint): Buffer {
  if (value === 0n) return Buffer.alloc(0);
  const hex = (value < 0n ? -value : value).toString(16);
  return Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, "hex");
}

/** Ion's Int field; none for positive zero. */
export function signedBytes(value: bigint, negativeZero: boolean): Buffer {
  if (value === 0n) return negativeZero ? Buffer.from([0x80]) : Buffer.alloc(0);
  const bytes = magnitude(value);
  const room = ((bytes[0] ?? 0) & 128) === 0 ? bytes : Buffer.concat([Buffer.from([0]), bytes]);
  if (value < 0n) room[0] = (room[0] ?? 0) | 128;
  return room;
}

/** The content of a binary float: nothing for positive zero. */
export function floatBytes(value: number): Buffer {
  if (Object.is(value, 0)) return Buffer.alloc(0);
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleBE(value);
  return bytes;
}

/** The content of a binary decimal: nothing for 0d0. */
export function decimalBytes({ coefficient, exponent, negativeZero }: DecimalValue): Buffer {
  if (coefficient === 0n && exponent === 0 && !negativeZero) return Buffer.alloc(0);
  return Buffer.concat([varInt(exponent), signedBytes(coefficient, negativeZero)]);
}
