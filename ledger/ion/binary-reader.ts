import { isUtf8 } from "node:buffer";
import { IonError } from "./errors.ts";
import { systemSymbols } from "./symbols.ts";
import { bigintOf, readTimestamp, signedInt } from "./timestamp.ts";
import { type Field, type IonType, type IonValue, ionLimits, type SymbolText } from "./value.ts";

const typeOfNull: readonly IonType[] = [
  ...([
    "null",
    "bool",
    "int",
    "int",
    "float",
    "decimal",
    "timestamp",
    "symbol",
    "string",
    "clob",
    "blob",
    "list",
    "sexp",
    "struct",
  ] as const),
];

/** Most symbols that a table may claim of others. */
const maxSymbols = 1_000_000;

/** What a reader takes; without bounds what the ledger has written itself. */
export interface ReadLimits {
  /** How deeply containers may be nested. */
  readonly depth: number;
  /** Bytes of one number's magnitude. */
  readonly numberBytes: number;
  /** How many values there may still be, those inside others too: one count for all that is read with it. */
  readonly values: { left: number };
}

const noLimits: ReadLimits = { depth: ionLimits.depth, numberBytes: Number.POSITIVE_INFINITY, values: { left: Number.POSITIVE_INFINITY } };

/**
 * Reads one top-level value of binary Ion 1.0, as drivers send it: version marker, symbol tables, the value.
 * Format: https://amazon-ion.github.io/ion-docs/docs/binary.html
 * @throws IonError where the bytes are not exactly one value
 */
export function readBinary(bytes: Buffer, limits: Partial<ReadLimits> = {}): IonValue {
  const values = readAllBinary(bytes, limits);
  const [value] = values;
  if (value === undefined || values.length > 1) throw new IonError(`expected one Ion value, found ${values.length}`);
  return value;
}

/** Reads all top-level values. @throws IonError */
export function readAllBinary(bytes: Buffer, limits: Partial<ReadLimits> = {}): IonValue[] {
  if (bytes.length < 4 || bytes.readUInt32BE(0) !== 0xe00100ea) throw new IonError("not binary Ion 1.0: the version marker is missing");
  const reader = new Reader(bytes, { ...noLimits, ...limits });
  const values: IonValue[] = [];
  while (reader.at < bytes.length) {
    const value = reader.topLevel();
    if (value !== undefined) values.push(value);
  }
  return values;
}

/** What symbol ids stand for. */
export interface SymbolTable {
  readonly symbols: readonly SymbolText[];
  readonly unknown: number;
}

/** Reads values one after the other. */
export class Reader {
  at = 0;
  private bytes: Buffer;
  private readonly limits: ReadLimits;
  private symbols: readonly SymbolText[] = systemSymbols;
  /** How many symbols, whose texts nobody knows, shared tables put behind the system's: they are in no list. */
  private unknown = 0;
  /** The symbols, where this reader has made the list: only then it adds to it. */
  private own: SymbolText[] | undefined;

  constructor(bytes: Buffer, limits: ReadLimits = noLimits) {
    this.bytes = bytes;
    this.limits = limits;
  }

  /** @returns undefined for what only changes the reader: version markers, symbol tables, padding */
  topLevel(): IonValue | undefined {
    if (this.bytes[this.at] === 0xe0) {
      if (this.at + 4 > this.bytes.length || this.bytes.readUInt32BE(this.at) !== 0xe00100ea) throw new IonError("unknown version marker");
      this.at += 4;
      this.symbols = systemSymbols;
      this.unknown = 0;
      this.own = undefined;
      return undefined;
    }
    const value = this.value(this.bytes.length, 0);
    if (value?.type === "struct" && value.annotations?.[0] === "$ion_symbol_table") {
      this.useSymbolTable(value.fields);
      return undefined;
    }
    return value;
  }

  /** The symbols so far. */
  get symbolTable(): SymbolTable {
    return { symbols: this.symbols, unknown: this.unknown };
  }

  /** Goes on at a place of any bytes, whose symbols are known. */
  goOn(bytes: Buffer, at: number, { symbols, unknown }: SymbolTable): void {
    this.bytes = bytes;
    this.at = at;
    this.symbols = symbols;
    this.unknown = unknown;
    this.own = undefined;
  }

  private useSymbolTable(fields: readonly Field[]): void {
    const imports = fields.find(({ name }) => name === "imports")?.value;
    const appends = imports?.type === "symbol" && imports.value === "$ion_symbol_table";
    // A table that adds to the one before costs what it adds, however many follow each other.
    const symbols = appends ? (this.own ?? [...this.symbols]) : [...systemSymbols];
    if (!appends) this.unknown = 0;
    for (const each of imports?.type === "list" ? imports.items : []) {
      const max = each.type === "struct" ? each.fields.find(({ name }) => name === "max_id")?.value : undefined;
      this.unknown += max?.type === "int" ? Math.max(0, Number(max.value)) : 0;
      if (this.unknown > maxSymbols) throw new IonError("the symbol tables are too large");
    }
    const added = fields.find(({ name }) => name === "symbols")?.value;
    if (added?.type === "list") for (const item of added.items) symbols.push(item.type === "string" ? item.value : null);
    this.symbols = symbols;
    this.own = symbols;
  }

  /** @returns undefined for padding */
  value(end: number, depth: number): IonValue | undefined {
    const { limits } = this;
    if (depth > limits.depth) throw new IonError(`values are nested deeper than ${limits.depth}`);
    if (--limits.values.left < 0) throw new IonError("there are too many values in it");
    const descriptor = this.byte(end);
    const type = descriptor >> 4;
    const low = descriptor & 15;
    if (low === 15 && type <= 13) return { type: "null", of: typeOfNull[type] ?? "null" };
    if (type === 1) {
      if (low > 1) throw new IonError(`invalid boolean (descriptor 0x${descriptor.toString(16)})`);
      return { type: "bool", value: low === 1 };
    }
    const sorted = type === 13 && low === 1;
    const length = low === 14 || sorted ? this.varUint(end) : low;
    const stop = this.at + length;
    if (stop > end) throw new IonError(`a value of ${length} bytes does not fit: ${end - this.at} are left`);
    if (type === 0) {
      this.at = stop;
      return undefined;
    }
    const value = this.content(type, stop, depth);
    if (this.at !== stop) throw new IonError("a value does not fill its length");
    return value;
  }

  private content(type: number, stop: number, depth: number): IonValue {
    switch (type) {
      case 2:
        return { type: "int", value: this.magnitude(stop) };
      case 3: {
        const magnitude = this.magnitude(stop);
        if (magnitude === 0n) throw new IonError("negative zero is not an int");
        return { type: "int", value: -magnitude };
      }
      case 4:
        return this.float(stop);
      case 5:
        return this.decimal(stop);
      case 6:
        return this.timestamp(stop);
      case 7:
        return { type: "symbol", value: this.symbol(Number(this.magnitude(stop))) };
      case 8:
        return { type: "string", value: this.text(stop) };
      // Copies: a few bytes must not keep the whole input in memory.
      case 9:
        return { type: "clob", value: Buffer.from(this.take(stop)) };
      case 10:
        return { type: "blob", value: Buffer.from(this.take(stop)) };
      case 11:
        return { type: "list", items: this.items(stop, depth) };
      case 12:
        return { type: "sexp", items: this.items(stop, depth) };
      case 13:
        return { type: "struct", fields: this.fields(stop, depth) };
      case 14:
        return this.annotated(stop, depth);
      default:
        throw new IonError(`unknown type code ${type}`);
    }
  }

  private annotated(stop: number, depth: number): IonValue {
    const annotationsEnd = this.varUint(stop) + this.at;
    if (annotationsEnd > stop) throw new IonError("annotations do not fit");
    const annotations: SymbolText[] = [];
    while (this.at < annotationsEnd) annotations.push(this.symbol(this.varUint(annotationsEnd)));
    const value = this.value(stop, depth + 1);
    if (value === undefined || value.annotations !== undefined || annotations.length === 0) throw new IonError("invalid annotations");
    return { ...value, annotations };
  }

  private items(stop: number, depth: number): IonValue[] {
    const items: IonValue[] = [];
    while (this.at < stop) {
      const value = this.value(stop, depth + 1);
      if (value !== undefined) items.push(value);
    }
    return items;
  }

  private fields(stop: number, depth: number): Field[] {
    const fields: Field[] = [];
    while (this.at < stop) {
      const name = this.symbol(this.varUint(stop));
      const value = this.value(stop, depth + 1);
      if (value !== undefined) fields.push({ name, value });
    }
    return fields;
  }

  private float(stop: number): IonValue {
    const bytes = this.take(stop);
    if (bytes.length === 0) return { type: "float", value: 0 };
    if (bytes.length === 4) return { type: "float", value: bytes.readFloatBE(0) };
    if (bytes.length === 8) return { type: "float", value: bytes.readDoubleBE(0) };
    throw new IonError(`a float of ${bytes.length} bytes`);
  }

  private decimal(stop: number): IonValue {
    if (this.at === stop) return { type: "decimal", coefficient: 0n, exponent: 0, negativeZero: false };
    const exponent = this.varInt(stop);
    if (Math.abs(exponent) > ionLimits.exponent) throw new IonError(`a decimal's exponent is ${exponent}`);
    this.refuseLong(stop);
    const { value, negative } = signedInt(this.bytes, this.at, stop);
    this.at = stop;
    return { type: "decimal", coefficient: value, exponent, negativeZero: negative && value === 0n };
  }

  private timestamp(stop: number): IonValue {
    const read = readTimestamp(Buffer.from(this.take(stop)));
    if ("problem" in read) throw new IonError(`invalid timestamp: ${read.problem}`);
    return read;
  }

  private text(stop: number): string {
    const bytes = this.take(stop);
    if (!isUtf8(bytes)) throw new IonError("a string is not UTF-8");
    return bytes.toString("utf8");
  }

  private symbol(id: number): SymbolText {
    if (id >= this.symbols.length + this.unknown) throw new IonError(`symbol $${id} is not in the symbol table`);
    if (this.unknown === 0 || id < systemSymbols.length) return this.symbols[id] ?? null;
    return id < systemSymbols.length + this.unknown ? null : (this.symbols[id - this.unknown] ?? null);
  }

  private magnitude(stop: number): bigint {
    this.refuseLong(stop);
    const { at } = this;
    this.at = stop;
    return bigintOf(this.bytes, at, stop);
  }

  private refuseLong(stop: number): void {
    const { numberBytes } = this.limits;
    if (stop - this.at > numberBytes) throw new IonError(`a number of ${stop - this.at} bytes: allowed are ${numberBytes}`);
  }

  private take(stop: number): Buffer {
    const bytes = this.bytes.subarray(this.at, stop);
    this.at = stop;
    return bytes;
  }

  private byte(end: number): number {
    if (this.at >= end) throw new IonError("the value ends early");
    return this.bytes[this.at++] ?? 0;
  }

  private varUint(end: number): number {
    let value = 0;
    for (;;) {
      const byte = this.byte(end);
      value = value * 128 + (byte & 127);
      if (value > Number.MAX_SAFE_INTEGER) throw new IonError("a length or symbol id is too large");
      if (byte & 128) return value;
    }
  }

  private varInt(end: number): number {
    const first = this.byte(end);
    let value = first & 63;
    for (let byte = first; (byte & 128) === 0; ) {
      byte = this.byte(end);
      value = value * 128 + (byte & 127);
      if (value > Number.MAX_SAFE_INTEGER) throw new IonError("an exponent is too large");
    }
    return first & 64 ? 0 - value : value;
  }
}
