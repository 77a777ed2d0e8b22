import { Reader, type SymbolTable } from "./binary-reader.ts";
import { BinaryWalker, codes } from "./binary-walker.ts";
import { IonError } from "./errors.ts";
import { epochMilliseconds, timestampOf } from "./timestamp.ts";
import type { IonValue, SymbolText } from "./value.ts";

/** Numbers of so many bytes are exact as a JavaScript number. */
const exactBytes = 6;

/**
 * Looks at values in binary Ion that have to be written in one way: only then the hash of what is written is that of what is read from it.
 * A null, an annotation, a field too many or in another place is another way. Every method throws an IonError where bytes end early.
 */
export class ExactWalker extends BinaryWalker {
  private readonly reader: Reader;

  /** @param reader made anew for each value that is wanted as such */
  constructor(bytes: Buffer, table: SymbolTable, reader: Reader = new Reader(bytes)) {
    super(bytes, table);
    this.reader = reader;
  }

  /** Where the values begin of a struct that has exactly these fields in this order; undefined for anything else. */
  places(at: number, names: readonly string[]): number[] | undefined {
    if (!this.is(codes.struct, at)) return undefined;
    const places: number[] = [];
    let fits = true;
    this.fields(this.start, this.end, (name, place) => {
      if (name !== names[places.length]) fits = false;
      places.push(place);
    });
    return fits && places.length === names.length ? places : undefined;
  }

  /** The fields of a struct whose names differ from each other; undefined for anything else. */
  entries(at: number): ReadonlyMap<string, number> | undefined {
    if (!this.is(codes.struct, at)) return undefined;
    const found = new Map<SymbolText, number>();
    let count = 0;
    this.fields(this.start, this.end, (name, place) => {
      found.set(name, place);
      count++;
    });
    return found.size === count && isNamed(found) ? found : undefined;
  }

  /** Where the items of a list begin; undefined for anything else. */
  list(at: number): number[] | undefined {
    if (!this.is(codes.list, at)) return undefined;
    const places: number[] = [];
    this.items(this.start, this.end, (place) => places.push(place));
    return places;
  }

  isString(at: number): boolean {
    return this.is(codes.string, at);
  }

  /** Whether a whole number from 0 on is there, and one that is exact. */
  isCount(at: number): boolean {
    return this.is(codes.positive, at) && this.end - this.start <= exactBytes;
  }

  /** Whether a moment is there, written as `timestampOf` writes it. */
  isMoment(at: number): boolean {
    if (!this.is(codes.timestamp, at)) return false;
    const value = this.value(at);
    return value.type === "timestamp" && value.bytes.equals(timestampOf(epochMilliseconds(value)).bytes);
  }

  /** The bytes of a blob, which are not copied; undefined for anything else. */
  blob(at: number): Buffer | undefined {
    return this.is(codes.blob, at) ? this.bytes.subarray(this.start, this.end) : undefined;
  }

  /** Whether two values are written alike. */
  isSame(one: number, other: number): boolean {
    const { bytes } = this;
    this.look(one, bytes.length);
    const { end } = this;
    this.look(other, bytes.length);
    return bytes.compare(bytes, one, end, other, this.end) === 0;
  }

  /** The value that begins at an offset, made. */
  value(at: number): IonValue {
    const { reader, bytes, table } = this;
    reader.goOn(bytes, at, table);
    const value = reader.value(bytes.length, 1);
    if (value === undefined) throw new IonError("padding is no value");
    return value;
  }

  private is(code: number, at: number): boolean {
    this.look(at, this.bytes.length);
    return this.code === code && !this.isNull;
  }
}

function isNamed(found: ReadonlyMap<SymbolText, number>): found is ReadonlyMap<string, number> {
  return !found.has(null);
}
