import { bodyTooLarge } from "./http-error.ts";

/** The least that is held of a body whose length was not told. */
const firstRoom = 4 << 10;

/** Gathers one request's body, in whatever pieces it comes. Mostly all of it comes at once, and nothing is copied. */
export class Body {
  private readonly length: number | undefined;
  private readonly most: number;
  private readonly grown: (bytes: number) => void;
  private content: Buffer = Buffer.alloc(0);
  private size = 0;

  /**
   * @param length undefined where the body comes in chunks
   * @param most bytes of content
   * @param grown told how many bytes have come of a body that does not come at once; what it throws refuses the request
   */
  constructor(length: number | undefined, most: number, grown: (bytes: number) => void) {
    this.length = length;
    this.most = most;
    this.grown = grown;
  }

  /** @throws HttpError where it is too large, and what grown() throws */
  take(piece: Buffer): void {
    if (this.size === 0 && piece.length === this.length) this.content = piece;
    else {
      const size = this.size + piece.length;
      if (size > this.most) throw bodyTooLarge(this.most);
      this.grown(piece.length);
      this.makeRoom(size);
      piece.copy(this.content, this.size);
    }
    this.size += piece.length;
  }

  /** The content until now. */
  get whole(): Buffer {
    return this.content.subarray(0, this.size);
  }

  private makeRoom(wanted: number): void {
    if (wanted <= this.content.length) return;
    // Room for all of it at once, as far as that is known: many small pieces would take many times as much. What is not filled takes no memory.
    const room = this.length ?? Math.min(this.most, Math.max(firstRoom, wanted, 2 * this.content.length));
    const content = Buffer.allocUnsafe(room);
    this.content.copy(content, 0, 0, this.size);
    this.content = content;
  }
}
