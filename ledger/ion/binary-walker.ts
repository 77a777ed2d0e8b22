import { isUtf8 } from "node:buffer";
import type { SymbolTable } from "./binary-reader.ts";
import { IonError } from "./errors.ts";
import { systemSymbols } from "./symbols.ts";
import type { SymbolText } from "./value.ts";

/** Type codes of binary Ion: the upper half of a value's first byte. */
export const codes = {
  padding: 0,
  bool: 1,
  positive: 2,
  decimal: 5,
  timestamp: 6,
  string: 8,
  clob: 9,
  blob: 10,
  list: 11,
  sexp: 12,
  struct: 13,
  annotated: 14,
} as const;

/** The lower half that says null, of the types that can be null. */
const nullLow = 15;
const lengthFollows = 14;
const sortedStruct = 0xd1;

/**
 * Finds its way through binary Ion without making values: for what is only hashed, or of which only little is wanted. Lengths are checked as
 * `Reader` checks them, the content of scalars is not looked at.
 */
export class BinaryWalker {
  readonly bytes: Buffer;
  readonly table: SymbolTable;
  /** Of the value that was looked at last: the halves of its first byte, and where its content begins and ends. */
  code = 0;
  low = 0;
  start = 0;
  end = 0;
  /** Where the number ends that was read last. */
  private after = 0;

  constructor(bytes: Buffer, table: SymbolTable) {
    this.bytes = bytes;
    this.table = table;
  }

  /** Looks at the value whose first byte is at an offset. @throws IonError where it does not end before `stop` */
  look(at: number, stop: number): void {
    if (at >= stop) throw new IonError("the value ends early");
    const descriptor = this.bytes[at] ?? 0;
    this.code = descriptor >> 4;
    this.low = descriptor & 15;
    if (this.isNull || this.code === codes.bool) {
      this.start = at + 1;
      this.end = at + 1;
      return;
    }
    const long = this.low === lengthFollows || descriptor === sortedStruct;
    const length = long ? this.varUint(at + 1, stop) : this.low;
    this.start = long ? this.after : at + 1;
    this.end = this.start + length;
    if (this.end > stop) throw new IonError(`a value of ${length} bytes does not fit: ${stop - this.start} are left`);
  }

  get isNull(): boolean {
    return this.low === nullLow && this.code <= codes.struct;
  }

  get isPadding(): boolean {
    return this.code === codes.padding && this.low !== nullLow;
  }

  /**
   * Tells the fields of a struct's content, one after the other.
   * @param take told a field's name, and where its value begins; it may look at what it likes
   */
  fields(start: number, end: number, take: (name: SymbolText, at: number) => void): void {
    for (let at = start; at < end; ) {
      const name = this.symbol(this.varUint(at, end));
      const value = this.after;
      this.look(value, end);
      at = this.end;
      if (!this.isPadding) take(name, value);
    }
  }

  /** Tells where the items of a list's content begin. */
  items(start: number, end: number, take: (at: number) => void): void {
    for (let at = start; at < end; ) {
      const item = at;
      this.look(item, end);
      at = this.end;
      if (!this.isPadding) take(item);
    }
  }

  /** The symbols of annotations: those between two offsets. */
  annotations(start: number, end: number): SymbolText[] {
    const found: SymbolText[] = [];
    for (let at = start; at < end; at = this.after) found.push(this.symbol(this.varUint(at, end)));
    return found;
  }

  /** A number of seven bits a byte. `numberEnd` tells where it ends. */
  varUint(from: number, stop: number): number {
    let value = 0;
    for (let at = from; at < stop; at++) {
      const byte = this.bytes[at] ?? 0;
      value = value * 128 + (byte & 127);
      if (value > Number.MAX_SAFE_INTEGER) break;
      if (byte < 128) continue;
      this.after = at + 1;
      return value;
    }
    throw new IonError("a length or a symbol's number does not end");
  }

  get numberEnd(): number {
    return this.after;
  }

  symbol(id: number): SymbolText {
    const { symbols, unknown } = this.table;
    if (id >= symbols.length + unknown) throw new IonError(`symbol $${id} is not in the symbol table`);
    if (unknown === 0 || id < systemSymbols.length) return symbols[id] ?? null;
    return id < systemSymbols.length + unknown ? null : (symbols[id - unknown] ?? null);
  }

  /** The text of the string that was looked at last. */
  text(): string {
    const { bytes, start, end } = this;
    if (!isUtf8(bytes.subarray(start, end))) throw new IonError("a string is not UTF-8");
    return bytes.toString("utf8", start, end);
  }
}
