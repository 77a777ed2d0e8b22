import { hash } from "node:crypto";
import type { SymbolText } from "./value.ts";

const begin = 0x0b;
const escapeByte = 0x0c;
const end = 0x0e;
const symbolCode = 0x70;
const unknownSymbolCode = 0x71;

const firstCapacity = 64 << 10;

/** Takes what Ion hashes are made of: markers, and content with an escape before what looks like one. */
export class HashSink {
  bytes = Buffer.allocUnsafe(firstCapacity);
  /** How many bytes were written. */
  at = 0;

  /** SHA-256 of what was written from an offset on, a character a byte. */
  hashFrom(start: number): string {
    return hash("sha256", this.bytes.subarray(start, this.at), "binary");
  }

  /** A value of a type begins. */
  open(code: number): void {
    this.reserve(2);
    this.bytes[this.at++] = begin;
    this.bytes[this.at++] = code;
  }

  /** It ends. */
  close(): void {
    this.reserve(1);
    this.bytes[this.at++] = end;
  }

  /** Content. @returns whether all of it was ASCII */
  content(bytes: Buffer, start: number, last: number): boolean {
    this.reserve(2 * (last - start));
    const { bytes: out } = this;
    let to = this.at;
    let all = 0;
    for (let from = start; from < last; from++) {
      const byte = bytes[from] ?? 0;
      all |= byte;
      if (byte === begin || byte === escapeByte || byte === end) out[to++] = escapeByte;
      out[to++] = byte;
    }
    this.at = to;
    return all < 128;
  }

  /** Hashes, a character a byte: what a struct is made of, once they are in their order. */
  hashes(all: readonly string[]): void {
    const text = all.join("");
    this.reserve(2 * text.length);
    // So far behind that escapes do not reach what is still to be read.
    const from = this.at + text.length;
    this.bytes.write(text, from, "latin1");
    this.content(this.bytes, from, from + text.length);
  }

  /** A symbol as a whole. */
  symbol(text: SymbolText): void {
    this.open(text === null ? unknownSymbolCode : symbolCode);
    if (text !== null && !this.ascii(text)) {
      const bytes = Buffer.from(text, "utf8");
      this.content(bytes, 0, bytes.length);
    }
    this.close();
  }

  /** @returns whether the text was written: it is all ASCII */
  private ascii(text: string): boolean {
    this.reserve(2 * text.length);
    const { bytes: out } = this;
    let to = this.at;
    for (let from = 0; from < text.length; from++) {
      const byte = text.charCodeAt(from);
      if (byte > 127) return false;
      if (byte === begin || byte === escapeByte || byte === end) out[to++] = escapeByte;
      out[to++] = byte;
    }
    this.at = to;
    return true;
  }

  /** What is written in the right form already. */
  put(bytes: Buffer): void {
    this.reserve(bytes.length);
    this.bytes.set(bytes, this.at);
    this.at += bytes.length;
  }

  private reserve(length: number): void {
    const needed = this.at + length;
    if (needed <= this.bytes.length) return;
    const larger = Buffer.allocUnsafe(Math.max(needed, this.bytes.length * 2));
    larger.set(this.bytes.subarray(0, this.at));
    this.bytes = larger;
  }
}

/** A longer field is hardly ever the same as the one before. */
const longest = 96;
const mostNames = 256;

interface LastField {
  readonly bytes: Uint8Array;
  length: number;
  hash: string;
}

/** Hashes of fields. The last one of each name is kept: documents that follow each other have many fields alike, such as a state or the time of their transaction. */
export class FieldHashes {
  private readonly last = new Map<SymbolText, LastField>();

  /** The hash of the field that was written from an offset on. */
  hash(name: SymbolText, sink: HashSink, from: number): string {
    const length = sink.at - from;
    if (length > longest) return sink.hashFrom(from);
    const last = this.last.get(name) ?? this.add(name);
    if (!isSame(last, sink.bytes, from, length)) {
      last.hash = sink.hashFrom(from);
      last.length = length;
      for (let at = 0; at < length; at++) last.bytes[at] = sink.bytes[from + at] ?? 0;
    }
    return last.hash;
  }

  private add(name: SymbolText): LastField {
    if (this.last.size >= mostNames) this.last.clear();
    const added = { bytes: new Uint8Array(longest), length: 0, hash: "" };
    this.last.set(name, added);
    return added;
  }
}

/** From the last byte on: that is where fields of a name differ first. */
function isSame(last: LastField, bytes: Buffer, from: number, length: number): boolean {
  if (last.length !== length) return false;
  for (let at = length - 1; at >= 0; at--) if (last.bytes[at] !== bytes[from + at]) return false;
  return true;
}
