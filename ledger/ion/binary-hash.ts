import { isUtf8 } from "node:buffer";
import { Reader } from "./binary-reader.ts";
import { type BinaryWalker, codes } from "./binary-walker.ts";
import { IonError } from "./errors.ts";
import { serialized } from "./hash.ts";
import { FieldHashes, HashSink } from "./hash-sink.ts";
import { ionLimits } from "./value.ts";

const annotatedCode = 0xe0;
/** An exponent of one byte that says -0. */
const negativeZero = 0x40;

const nothing = Buffer.alloc(0);

/**
 * Ion hashes of values that lie in binary Ion: the same as `ionHash(readBinary(…))` and the same refusals, in a third of the time, as no
 * values are made.
 */
export class BinaryHasher {
  private readonly sink = new HashSink();
  private readonly fields = new FieldHashes();
  private readonly depth: number;
  /** Makes what is hashed in another form than it is written in. */
  private readonly reader = new Reader(Buffer.alloc(0));
  /** The last timestamp as it was written, and as it is hashed: those of a transaction are mostly the same. */
  private time = { written: nothing, hashed: nothing };

  /** @param depth how deeply what is hashed may be nested */
  constructor(depth: number = ionLimits.depth) {
    this.depth = depth;
  }

  /**
   * The hash of the value that begins at an offset.
   * @param stop offset that it has to end before
   * @returns 32 bytes. @throws IonError
   */
  hash(walker: BinaryWalker, at: number, stop: number): Buffer {
    this.sink.at = 0;
    this.value(walker, at, stop, 0);
    return Buffer.from(this.sink.hashFrom(0), "latin1");
  }

  private value(walker: BinaryWalker, at: number, stop: number, depth: number): void {
    if (depth > this.depth) throw new IonError(`values are nested deeper than ${this.depth}`);
    walker.look(at, stop);
    const { code, start, end: last } = walker;
    if (walker.isPadding) throw new IonError("padding is no value");
    if (code === codes.annotated) this.annotated(walker, start, last, depth);
    else if (code === codes.timestamp && !walker.isNull) this.timestamp(walker, at, start, last);
    else if (walker.isNull || !this.direct(walker, start, last, depth)) this.made(walker, at, last);
  }

  /** Writes the value that was looked at last. @returns whether its bytes are such that this is possible */
  private direct(walker: BinaryWalker, start: number, last: number, depth: number): boolean {
    const { code, low, bytes } = walker;
    const { sink } = this;
    switch (code) {
      case codes.bool:
        if (low > 1) return false;
        sink.open(0x10 | low);
        break;
      case codes.positive: {
        let first = start;
        while (first < last && bytes[first] === 0) first++;
        sink.open(0x20);
        sink.content(bytes, first, last);
        break;
      }
      case codes.decimal:
        if (!isShortDecimal(bytes, start, last)) return false;
        sink.open(0x50);
        sink.content(bytes, start, last);
        break;
      case codes.string:
        sink.open(0x80);
        if (!sink.content(bytes, start, last) && !isUtf8(bytes.subarray(start, last))) throw new IonError("a string is not UTF-8");
        break;
      case codes.clob:
      case codes.blob:
        sink.open(code << 4);
        sink.content(bytes, start, last);
        break;
      case codes.list:
      case codes.sexp:
        sink.open(code << 4);
        walker.items(start, last, (item) => this.value(walker, item, last, depth + 1));
        break;
      case codes.struct:
        this.struct(walker, start, last, depth);
        break;
      default:
        return false;
    }
    sink.close();
    return true;
  }

  private struct(walker: BinaryWalker, start: number, last: number, depth: number): void {
    const { sink, fields } = this;
    sink.open(codes.struct << 4);
    const from = sink.at;
    const hashes: string[] = [];
    walker.fields(start, last, (name, at) => {
      sink.symbol(name);
      this.value(walker, at, last, depth + 1);
      hashes.push(fields.hash(name, sink, from));
      sink.at = from;
    });
    // Texts of characters below 256 are in the order of their bytes.
    sink.hashes(hashes.sort());
  }

  private annotated(walker: BinaryWalker, start: number, last: number, depth: number): void {
    const { sink } = this;
    const length = walker.varUint(start, last);
    const from = walker.numberEnd;
    const symbols = walker.annotations(from, from + length);
    if (from + length > last || symbols.length === 0) throw new IonError("invalid annotations");
    sink.open(annotatedCode);
    for (const each of symbols) sink.symbol(each);
    walker.look(from + length, last);
    if (walker.code === codes.annotated || walker.end !== last) throw new IonError("invalid annotations");
    this.value(walker, from + length, last, depth + 1);
    sink.close();
  }

  private timestamp(walker: BinaryWalker, at: number, start: number, last: number): void {
    const { sink, time } = this;
    if (time.written.length > 0 && time.written.compare(walker.bytes, start, last) === 0) sink.put(time.hashed);
    else {
      const from = sink.at;
      this.made(walker, at, last);
      this.time = { written: Buffer.from(walker.bytes.subarray(start, last)), hashed: Buffer.from(sink.bytes.subarray(from, sink.at)) };
    }
  }

  /** Hashes what a reader makes of a value. */
  private made(walker: BinaryWalker, at: number, last: number): void {
    const { reader } = this;
    reader.goOn(walker.bytes, at, walker.table);
    const value = reader.value(last, 0);
    if (value === undefined) throw new IonError("padding is no value");
    this.sink.put(serialized(value));
  }
}

/** Whether a decimal's content is one byte of exponent and a coefficient without a zero before it: so it is hashed, too. */
function isShortDecimal(bytes: Buffer, start: number, last: number): boolean {
  const [exponent = 0, first = 0] = [bytes[start], bytes[start + 1]];
  return last - start > 1 && exponent > 127 && (exponent & 127) !== negativeZero && (first & 127) !== 0;
}
