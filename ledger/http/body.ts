/** Takes the bytes of one request's body, however they arrive. */
export interface Body {
  /**
   * Takes what belongs to the body.
   * @param from where in the bytes it goes on
   * @returns where in the bytes it ends: at their end, unless it is whole before
   * @throws HttpError for what cannot be a body, or is too large
   */
  take(bytes: Buffer, from: number): number;
  /** The content, once all of it is there. */
  readonly whole: Buffer | undefined;
}

/** A body whose length was told. Mostly all of it arrives at once, and nothing is copied. */
export class FixedBody implements Body {
  whole: Buffer | undefined;
  private readonly length: number;
  private readonly grown: (bytes: number) => void;
  private content: Buffer | undefined;
  private size = 0;

  /** @param grown told how many bytes more are held while others are still to come; what it throws refuses the request */
  constructor(length: number, grown: (bytes: number) => void = () => undefined) {
    this.length = length;
    this.grown = grown;
  }

  take(bytes: Buffer, from: number): number {
    const end = Math.min(bytes.length, from + this.length - this.size);
    if (this.content === undefined && end - from === this.length) {
      this.whole = bytes.subarray(from, end);
      return end;
    }
    this.grown(end - from);
    // Room for all of it at once: many small pieces would take many times as much. What is not filled takes no memory.
    this.content ??= Buffer.allocUnsafe(this.length);
    this.size += bytes.copy(this.content, this.size, from, end);
    if (this.size === this.length) this.whole = this.content;
    return end;
  }
}

/** A body that nobody wants any more: it is passed over, so that the next request can be read. */
export class DroppedBody implements Body {
  whole: Buffer | undefined;
  private missing: number;

  constructor(length: number) {
    this.missing = length;
  }

  take(bytes: Buffer, from: number): number {
    const end = Math.min(bytes.length, from + this.missing);
    this.missing -= end - from;
    if (this.missing === 0) this.whole = bytes.subarray(end, end);
    return end;
  }
}
