import { hash } from "node:crypto";
import { decimalBytes, floatBytes } from "./binary-writer.ts";
import { ByteSink } from "./byte-sink.ts";
import {
  countUpTo,
  type Field,
  type IonType,
  type IonValue,
  type SequenceValue,
  type StructValue,
  type SymbolText,
  type SymbolValue,
} from "./value.ts";

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
  const serializer = new Serializer();
  serializer.value(value);
  return Buffer.from(serializer.hashFrom(0), "latin1");
}

/**
 * The same step by step: a document of 128 KB may have 60,000 fields, each of which is hashed by itself.
 * @returns yields wherever others may have their turn
 */
export function* ionHashSteps(value: IonValue): Generator<undefined, Buffer> {
  const serializer = new Serializer();
  yield* serializer.steps(value);
  return Buffer.from(serializer.hashFrom(0), "latin1");
}

/** The bytes that a value's hash is made of. */
export function serialized(value: IonValue): Buffer {
  const serializer = new Serializer();
  serializer.value(value);
  return serializer.written;
}

/** Values that are hashed in one step. */
const valuesAtOnce = 500;

/** @returns 32 bytes */
export function sha256(bytes: Uint8Array): Buffer {
  return Buffer.from(latin1Sha256(bytes), "latin1");
}

/** SHA-256 as text, a character a byte: Node makes it in a quarter of the time that it takes to make a buffer. */
function latin1Sha256(bytes: Uint8Array): string {
  return hash("sha256", bytes, "binary");
}

/** Writes values as the specification's serialized bytes. */
class Serializer {
  private readonly sink = new ByteSink();

  /** A copy of what was written. */
  get written(): Buffer {
    return this.sink.take();
  }

  /** The hash of what was written from an offset on, a character a byte. */
  hashFrom(start: number): string {
    return latin1Sha256(this.sink.bytes.subarray(start, this.sink.at));
  }

  value(value: IonValue): void {
    const { annotations } = value;
    if (annotations === undefined || annotations.length === 0) {
      this.plain(value);
      return;
    }
    this.open(0xe0);
    for (const each of annotations) this.symbol(each);
    this.plain(value);
    this.sink.byte(end);
  }

  /** The same as value(), with a turn for others between parts of what is large. */
  *steps(value: IonValue): Generator<undefined> {
    if ((value.type !== "struct" && !("items" in value)) || countUpTo(value, valuesAtOnce) < valuesAtOnce) {
      this.value(value);
      yield undefined;
      return;
    }
    const { sink } = this;
    const { annotations = [] } = value;
    if (annotations.length > 0) this.open(0xe0);
    for (const each of annotations) this.symbol(each);
    this.open(codes[value.type]);
    const start = sink.at;
    if (value.type !== "struct") for (const item of value.items) yield* this.steps(item);
    else {
      const hashes: string[] = [];
      for (const field of value.fields) {
        this.symbol(field.name);
        yield* this.steps(field.value);
        hashes.push(this.hashFrom(start));
        sink.at = start;
      }
      this.sorted(hashes);
      this.escape(start);
    }
    sink.byte(end);
    if (annotations.length > 0) sink.byte(end);
  }

  private plain(value: IonValue): void {
    const { sink } = this;
    if (value.type === "symbol") {
      this.symbol(value.value);
      return;
    }
    this.open(codeOf(value));
    const start = sink.at;
    switch (value.type) {
      case "list":
      case "sexp":
        for (const item of value.items) this.value(item);
        break;
      case "struct":
        this.fields(value.fields);
        this.escape(start);
        break;
      default:
        this.content(value);
        this.escape(start);
    }
    sink.byte(end);
  }

  /** The hashes of all fields, sorted. */
  private fields(fields: readonly Field[]): void {
    const { sink } = this;
    const start = sink.at;
    const hashes = fields.map(({ name, value }) => {
      this.symbol(name);
      this.value(value);
      const digest = this.hashFrom(start);
      sink.at = start;
      return digest;
    });
    this.sorted(hashes);
  }

  private sorted(hashes: string[]): void {
    // Texts of characters below 256 are in the order of their bytes.
    for (const digest of hashes.sort()) this.sink.latin1(digest);
  }

  private content(value: Exclude<IonValue, SymbolValue | SequenceValue | StructValue>): void {
    const { sink } = this;
    switch (value.type) {
      case "null":
      case "bool":
        return;
      case "int":
        sink.magnitude(value.value);
        return;
      case "float":
        sink.put(Number.isNaN(value.value) ? Buffer.from("7ff8000000000000", "hex") : floatBytes(value.value));
        return;
      case "decimal":
        sink.put(decimalBytes(value));
        return;
      case "timestamp":
        sink.put(value.bytes);
        return;
      case "string":
        sink.utf8(value.value);
        return;
      case "clob":
      case "blob":
        sink.put(value.value);
    }
  }

  private symbol(text: SymbolText): void {
    this.open(text === null ? 0x71 : 0x70);
    const start = this.sink.at;
    this.sink.utf8(text ?? "");
    this.escape(start);
    this.sink.byte(end);
  }

  private open(code: number): void {
    this.sink.byte(begin);
    this.sink.byte(code);
  }

  /** Marker bytes in what was written from an offset on get an escape byte before them. */
  private escape(start: number): void {
    const { sink } = this;
    let markers = 0;
    for (let at = start; at < sink.at; at++) if (isMarker(sink.bytes[at])) markers++;
    if (markers === 0) return;
    sink.reserve(markers);
    let to = sink.at + markers;
    for (let at = sink.at - 1; at >= start; at--) {
      const byte = sink.bytes[at] ?? 0;
      sink.bytes[--to] = byte;
      if (isMarker(byte)) sink.bytes[--to] = escapeByte;
    }
    sink.at += markers;
  }
}

function isMarker(byte: number | undefined): boolean {
  return byte === begin || byte === escapeByte || byte === end;
}

/** Type and qualifier of a value that is no symbol. */
function codeOf(value: Exclude<IonValue, SymbolValue>): number {
  if (value.type === "null") return codes[value.of] | 0x0f;
  if (value.type === "bool") return value.value ? 0x11 : 0x10;
  if (value.type === "int" && value.value < 0n) return 0x30;
  return codes[value.type];
}
