import { LedgerError } from "../transaction/errors.ts";

/** How much a server takes upon itself at once. */
export interface LoadLimits {
  readonly requests: number;
  /** Of requests, and of answers that their clients have not taken yet. */
  readonly bytes: number;
}

export const defaultLimits: LoadLimits = { requests: 3000, bytes: 256 << 20 };

/** Bytes of an answer that is no page of rows. */
const small = 64 << 10;

/** Counts what is under way, so that too much is refused with an error that clients try again after, and memory stays bounded. */
export class Load {
  private readonly limits: LoadLimits;
  private requests = 0;
  private bytes = 0;
  /** Those of the bytes that belong to bodies of which more is to come. */
  private arriving = 0;

  constructor(limits: LoadLimits) {
    this.limits = limits;
  }

  /**
   * Takes a request on until its connection is done with the answer.
   * @throws LedgerError CapacityExceededException where there are too many already
   */
  admit(): Taken {
    if (this.requests >= this.limits.requests) throw tooMuch();
    this.requests++;
    return new Taken(this);
  }

  /**
   * Counts what has come of a body. Those that do not come at once get half of the room: whoever sends the rest late, or never, holds up no
   * request that does.
   * @throws LedgerError CapacityExceededException where there is no room for so many bytes more
   */
  arrive(bytes: number): void {
    if (this.arriving + bytes > this.limits.bytes / 2) throw tooMuch();
    this.add(bytes);
    this.arriving += bytes;
  }

  /** Nothing more is to come of so many bytes. */
  arrived(bytes: number): void {
    this.arriving -= bytes;
  }

  /** @throws LedgerError CapacityExceededException where there is no room for so many bytes more */
  add(bytes: number): void {
    if (this.bytes + bytes > this.limits.bytes) throw tooMuch();
    this.bytes += bytes;
  }

  /**
   * What is held was so many bytes, and is so many now. Small answers are never refused: what they tell has happened.
   * @throws LedgerError CapacityExceededException where there is no room for a large answer
   */
  replace(before: number, now: number): void {
    if (now > small && this.bytes + now - before > this.limits.bytes) throw tooMuch();
    this.bytes += now - before;
  }

  /** A request is done, with all that was held for it. */
  release(bytes: number): void {
    this.requests--;
    this.bytes -= bytes;
  }
}

function tooMuch(): LedgerError {
  return new LedgerError("CapacityExceededException", "Service is unable to handle the request: too much is under way, try again");
}

/** A request that was taken on. */
export class Taken {
  private readonly load: Load;
  private held = 0;
  private arriving = 0;
  private over = false;

  constructor(load: Load) {
    this.load = load;
  }

  /** Counts so many bytes more that the request has, while others are to come. @throws LedgerError CapacityExceededException */
  grown(bytes: number): void {
    this.load.arrive(bytes);
    this.held += bytes;
    this.arriving += bytes;
  }

  /** The request is there, with so many bytes in all. @throws LedgerError CapacityExceededException */
  arrived(size: number): void {
    this.endArriving();
    if (this.over) return;
    this.load.add(size - this.held);
    this.held = size;
  }

  /** Counts the answer, of so many bytes, in the place of the request, until its client has taken it. @throws LedgerError CapacityExceededException */
  answered(size: number): void {
    // Where the connection has ended meanwhile, nothing is held.
    if (this.over) return;
    this.load.replace(this.held, size);
    this.held = size;
  }

  /** The connection is done with it. */
  end(): void {
    if (this.over) return;
    this.over = true;
    this.endArriving();
    this.load.release(this.held);
  }

  private endArriving(): void {
    this.load.arrived(this.arriving);
    this.arriving = 0;
  }
}
