import { Reader, readBinary, type SymbolTable } from "./binary-reader.ts";
import type { Field, IonValue, StructValue } from "./value.ts";

/** Symbol tables that are kept: documents whose values are symbols have many. */
const mostTables = 16;

/** A symbol table, by the bytes that make it. */
interface KnownTable {
  readonly prefix: Buffer;
  readonly symbols: SymbolTable;
  /** The id of each name; undefined where a name has several. */
  readonly ids: ReadonlyMap<string, number> | undefined;
}

/**
 * Reads structs of which only some fields are wanted. Those of one table mostly have the same symbol table: it is read once for as long as
 * its bytes are the same. It trusts the bytes: they are what the ledger itself has written.
 */
export class StructReader {
  private readonly reader = new Reader(Buffer.alloc(0));
  /** The last one that was used comes first. */
  private tables: readonly KnownTable[] = [];

  /**
   * @param bytes which have to stay as they are for as long as the value is used
   * @param from where one value begins, with its version marker
   * @param to where it ends
   */
  read(bytes: Buffer, from: number, to: number): IonValue {
    const table = this.tableOf(bytes, from, to);
    if (table?.ids !== undefined) {
      const at = from + table.prefix.length;
      const descriptor = bytes[at] ?? 0;
      if (descriptor >> 4 === structType && (descriptor & 15) !== nullLength) {
        const start = contentStart(bytes, at);
        return new UnreadStruct(this, table, bytes, start, start + contentLength(bytes, at));
      }
    }
    return readBinary(bytes.subarray(from, to));
  }

  /** The value whose descriptor is at an offset. */
  valueAt(bytes: Buffer, at: number, end: number, table: KnownTable): IonValue {
    const { reader } = this;
    reader.goOn(bytes, at, table.symbols);
    const value = reader.value(end, 1);
    if (value === undefined) throw new Error("padding is no value");
    return value;
  }

  /** @returns undefined where what stands before the value is no mere symbol table */
  private tableOf(bytes: Buffer, from: number, to: number): KnownTable | undefined {
    const [last] = this.tables;
    if (last !== undefined && beginsWith(bytes, from, to, last.prefix)) return last;
    const found = this.tables.find(({ prefix }) => beginsWith(bytes, from, to, prefix)) ?? readTable(bytes.subarray(from, to));
    if (found !== undefined) this.tables = [found, ...this.tables.filter((each) => each !== found)].slice(0, mostTables);
    return found;
  }
}

/** The symbol table that a value begins with. */
function readTable(bytes: Buffer): KnownTable | undefined {
  const reader = new Reader(bytes);
  while (reader.at < bytes.length && (bytes[reader.at] ?? 0) >> 4 !== structType) if (reader.topLevel() !== undefined) return undefined;
  const { symbolTable } = reader;
  const ids = new Map<string, number>();
  for (const [id, name] of symbolTable.symbols.entries()) if (name !== null && !ids.has(name)) ids.set(name, id);
  const plain = symbolTable.unknown === 0 && ids.size === symbolTable.symbols.filter((name) => name !== null).length;
  // A copy: a few bytes must not keep the whole chunk in memory.
  return { prefix: Buffer.from(bytes.subarray(0, reader.at)), symbols: symbolTable, ids: plain ? ids : undefined };
}

function beginsWith(bytes: Buffer, from: number, to: number, prefix: Buffer): boolean {
  const { length } = prefix;
  if (from + length >= to) return false;
  for (let at = 0; at < length; at++) if (bytes[from + at] !== prefix[at]) return false;
  return true;
}

const structType = 13;
const boolType = 1;
const stringType = 8;
/** A length that says that the value is null. */
const nullLength = 15;

/** Where the content of the value begins whose descriptor is at an offset. */
function contentStart(bytes: Buffer, at: number): number {
  if (!hasLongLength(bytes[at] ?? 0)) return at + 1;
  let end = at + 1;
  while ((bytes[end] ?? 128) < 128) end++;
  return end + 1;
}

/** How many bytes the content of the value has whose descriptor is at an offset. */
function contentLength(bytes: Buffer, at: number): number {
  const descriptor = bytes[at] ?? 0;
  const low = descriptor & 15;
  if (!hasLongLength(descriptor)) return low === nullLength || descriptor >> 4 === boolType ? 0 : low;
  let length = 0;
  for (let next = at + 1; ; next++) {
    const byte = bytes[next] ?? 128;
    length = length * 128 + (byte & 127);
    if (byte >= 128) return length;
  }
}

function hasLongLength(descriptor: number): boolean {
  return (descriptor & 15) === 14 || descriptor === 0xd1;
}

/** A struct in binary Ion, whose fields are read when they are asked for; one field alone, where only that is asked for. */
export class UnreadStruct implements StructValue {
  readonly type = "struct";
  readonly #owner: StructReader;
  readonly #table: KnownTable;
  readonly #bytes: Buffer;
  readonly #start: number;
  readonly #stop: number;
  #places: readonly number[] | undefined;
  #fields: readonly Field[] | undefined;

  constructor(owner: StructReader, table: KnownTable, bytes: Buffer, start: number, stop: number) {
    this.#owner = owner;
    this.#table = table;
    this.#bytes = bytes;
    this.#start = start;
    this.#stop = stop;
  }

  get fields(): readonly Field[] {
    this.#fields ??= this.#read();
    return this.#fields;
  }

  /** The first field of a name; undefined where there is none. */
  fieldNamed(name: string): IonValue | undefined {
    const wanted = this.#table.ids?.get(name);
    if (wanted === undefined) return undefined;
    const places = this.#placed();
    for (let index = 0; index < places.length; index += 2) if (places[index] === wanted) return this.#value(places[index + 1] ?? 0);
    return undefined;
  }

  /** How many fields it has. */
  get fieldCount(): number {
    return this.#placed().length / 2;
  }

  /** The symbol id of each field, and where the descriptor of its value is. */
  #placed(): readonly number[] {
    this.#places ??= placesOf(this.#bytes, this.#start, this.#stop);
    return this.#places;
  }

  #value(at: number): IonValue {
    const bytes = this.#bytes;
    const descriptor = bytes[at] ?? 0;
    const type = descriptor >> 4;
    const start = contentStart(bytes, at);
    const end = start + contentLength(bytes, at);
    if ((descriptor & 15) !== nullLength) {
      if (type === stringType) return { type: "string", value: bytes.toString("utf8", start, end) };
      if (type === structType) return new UnreadStruct(this.#owner, this.#table, bytes, start, end);
    }
    return this.#owner.valueAt(bytes, at, end, this.#table);
  }

  #read(): Field[] {
    const fields: Field[] = [];
    const places = this.#placed();
    for (let index = 0; index < places.length; index += 2)
      fields.push({ name: this.#table.symbols.symbols[places[index] ?? 0] ?? null, value: this.#value(places[index + 1] ?? 0) });
    return fields;
  }
}

function placesOf(bytes: Buffer, start: number, stop: number): number[] {
  const places: number[] = [];
  for (let at = start; at < stop; ) {
    let id = 0;
    let byte: number;
    do {
      byte = bytes[at++] ?? 128;
      id = id * 128 + (byte & 127);
    } while (byte < 128);
    if (!isPadding(bytes[at] ?? 0)) places.push(id, at);
    at = contentStart(bytes, at) + contentLength(bytes, at);
  }
  return places;
}

function isPadding(descriptor: number): boolean {
  return descriptor >> 4 === 0 && (descriptor & 15) !== nullLength;
}
