const firstCapacity = 512;

/** Bytes that are written one after the other into one buffer, which grows. */
export class ByteSink {
  bytes: Buffer = Buffer.allocUnsafe(firstCapacity);
  /** How many bytes were written. */
  at = 0;

  /** Makes room for so many bytes more. */
  reserve(length: number): void {
    const needed = this.at + length;
    if (needed <= this.bytes.length) return;
    const larger = Buffer.allocUnsafe(Math.max(needed, this.bytes.length * 2));
    this.bytes.copy(larger, 0, 0, this.at);
    this.bytes = larger;
  }

  byte(value: number): void {
    this.reserve(1);
    this.bytes[this.at++] = value;
  }

  put(bytes: Uint8Array): void {
    this.reserve(bytes.length);
    this.bytes.set(bytes, this.at);
    this.at += bytes.length;
  }

  /** A byte for each character. */
  latin1(text: string): void {
    this.reserve(text.length);
    this.at += this.bytes.write(text, this.at, "latin1");
  }

  utf8(text: string): void {
    // A UTF-16 unit takes three bytes at most.
    this.reserve(text.length * 3);
    this.at += this.bytes.write(text, this.at, "utf8");
  }

  /** Ion's VarUInt: seven bits a byte, the last one marked. */
  varUint(value: number): void {
    const size = varUintSize(value);
    this.reserve(size);
    this.at += size;
    this.setVarUint(this.at, size, value);
  }

  /** Makes room at an offset for a VarUInt behind so many other bytes, moves everything from there on, and writes it. */
  insertVarUint(offset: number, value: number, behind: number): void {
    const size = varUintSize(value);
    this.insertRoom(offset, behind + size);
    this.setVarUint(offset + behind + size, size, value);
  }

  private setVarUint(end: number, size: number, value: number): void {
    let rest = value;
    for (let place = end - 1; place >= end - size; place--) {
      this.bytes[place] = (rest % 128) | (place === end - 1 ? 128 : 0);
      rest = Math.floor(rest / 128);
    }
  }

  /** Big-endian bytes of a number's magnitude; none for zero. */
  magnitude(value: bigint): void {
    const positive = value < 0n ? -value : value;
    if (positive > BigInt(Number.MAX_SAFE_INTEGER)) {
      const hex = positive.toString(16);
      this.put(Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, "hex"));
      return;
    }
    const number = Number(positive);
    let size = 0;
    for (let rest = number; rest > 0; rest = Math.floor(rest / 256)) size++;
    this.reserve(size);
    let rest = number;
    for (let place = size - 1; place >= 0; place--) {
      this.bytes[this.at + place] = rest % 256;
      rest = Math.floor(rest / 256);
    }
    this.at += size;
  }

  /** Moves everything from an offset on, to make room for so many bytes there. */
  insertRoom(offset: number, length: number): void {
    this.reserve(length);
    this.bytes.copyWithin(offset + length, offset, this.at);
    this.at += length;
  }

  /** A copy of what was written. */
  take(): Buffer {
    return Buffer.from(this.bytes.subarray(0, this.at));
  }
}

function varUintSize(value: number): number {
  let size = 1;
  for (let rest = value; rest >= 128; rest = Math.floor(rest / 128)) size++;
  return size;
}
