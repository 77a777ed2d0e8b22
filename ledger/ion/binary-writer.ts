import { ByteSink } from "./byte-sink.ts";
import { systemSymbols } from "./symbols.ts";
import type { DecimalValue, IonType, IonValue, SymbolText } from "./value.ts";

const nullCodes: Record<IonType, number> = {
  ...{ null: 0x0f, bool: 0x1f, int: 0x2f, float: 0x4f, decimal: 0x5f, timestamp: 0x6f, symbol: 0x7f },
  ...{ string: 0x8f, clob: 0x9f, blob: 0xaf, list: 0xbf, sexp: 0xcf, struct: 0xdf },
};

const systemIds = new Map(systemSymbols.map((symbol, id) => [symbol, id]));
const versionMarker = Buffer.from([0xe0, 0x01, 0x00, 0xea]);
/** The one annotation `$ion_symbol_table`, with its length; the field `symbols`. */
const symbolTableAnnotation = [0x81, 0x83];
const symbolsField = 0x87;

/** Writes one value as a self-contained stream of binary Ion 1.0, with its symbol table. */
export function writeBinary(value: IonValue): Buffer {
  const writer = new Writer();
  writer.value(value);
  return writer.stream();
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
  private readonly sink = new ByteSink();

  /** Everything written so far, behind its version marker and the symbols that it needs. */
  stream(): Buffer {
    const body = this.sink.take();
    if (this.ids.size === 0) return Buffer.concat([versionMarker, body]);
    const table = new ByteSink();
    table.put(versionMarker);
    const start = table.at;
    for (const name of this.ids.keys()) textValue(table, name);
    header(table, start, 11);
    table.insertRoom(start, 1);
    table.bytes[start] = symbolsField;
    header(table, start, 13);
    table.insertRoom(start, 2);
    table.bytes.set(symbolTableAnnotation, start);
    header(table, start, 14);
    table.put(body);
    return table.take();
  }

  value(value: IonValue): void {
    const { sink } = this;
    const { annotations } = value;
    if (annotations === undefined || annotations.length === 0) {
      this.plain(value);
      return;
    }
    const start = sink.at;
    this.plain(value);
    // What is inside takes its symbol ids first, as ion-js numbers them.
    const ids = new ByteSink();
    for (const symbol of annotations) ids.varUint(this.id(symbol));
    lengthBefore(ids, 0);
    sink.insertRoom(start, ids.at);
    sink.bytes.set(ids.take(), start);
    header(sink, start, 14);
  }

  private plain(value: IonValue): void {
    const { sink } = this;
    const start = sink.at;
    switch (value.type) {
      case "null":
        sink.byte(nullCodes[value.of]);
        return;
      case "bool":
        sink.byte(value.value ? 0x11 : 0x10);
        return;
      case "int":
        sink.magnitude(value.value);
        header(sink, start, value.value < 0n ? 3 : 2);
        return;
      case "float":
        sized(sink, 4, floatBytes(value.value));
        return;
      case "decimal":
        sized(sink, 5, decimalBytes(value));
        return;
      case "timestamp":
        sized(sink, 6, value.bytes);
        return;
      case "symbol":
        sink.magnitude(BigInt(this.id(value.value)));
        header(sink, start, 7);
        return;
      case "string":
        textValue(sink, value.value);
        return;
      case "clob":
      case "blob":
        sized(sink, value.type === "clob" ? 9 : 10, value.value);
        return;
      case "list":
      case "sexp":
        for (const item of value.items) this.value(item);
        header(sink, start, value.type === "list" ? 11 : 12);
        return;
      case "struct":
        for (const { name, value: each } of value.fields) {
          sink.varUint(this.id(name));
          this.value(each);
        }
        // Length code 1 would say that the fields are sorted; a body of one byte is not possible.
        header(sink, start, 13);
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

function textValue(sink: ByteSink, text: string): void {
  const start = sink.at;
  descriptor(sink, 8, text.length);
  const body = sink.at;
  sink.utf8(text);
  if (sink.at - body === text.length) return;
  // It is not all ASCII: only now is its length known.
  sink.at = start;
  sink.utf8(text);
  header(sink, start, 8);
}

/** A value whose body is at hand. */
function sized(sink: ByteSink, type: number, body: Uint8Array): void {
  descriptor(sink, type, body.length);
  sink.put(body);
}

/** A value's descriptor, and its length where that has to be said, before a body of a known length. */
function descriptor(sink: ByteSink, type: number, length: number): void {
  if (length < 14) sink.byte((type << 4) | length);
  else {
    sink.byte((type << 4) | 14);
    sink.varUint(length);
  }
}

/** Puts a value's descriptor, and its length where that has to be said, before the body that begins at an offset. */
function header(sink: ByteSink, start: number, type: number): void {
  const length = sink.at - start;
  if (length < 14) {
    sink.insertRoom(start, 1);
    sink.bytes[start] = (type << 4) | length;
    return;
  }
  sink.insertVarUint(start, length, 1);
  sink.bytes[start] = (type << 4) | 14;
}

/** Puts the length of what begins at an offset before it, as a VarUInt. */
function lengthBefore(sink: ByteSink, start: number): void {
  sink.insertVarUint(start, sink.at - start, 0);
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
