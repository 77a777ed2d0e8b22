import { LedgerError } from "../transaction/errors.ts";

/** How much a server takes upon itself at once. */
export interface LoadLimits {
  readonly requests: number;
  /** Of requests that are being read, and of answers that their clients have not taken yet. */
  readonly bytes: number;
}

export const defaultLimits: LoadLimits = { requests: 3000, bytes: 256 << 20 };

/** Counts what is under way, so that too much is refused with an error that clients try again after, and memory stays bounded. */
export class Load {
  private readonly limits: LoadLimits;
  private requests = 0;
  private bytes = 0;

  constructor(limits: LoadLimits) {
    this.limits = limits;
  }

  /**
   * Takes a request on until its connection is done with the answer.
   * @param length of its body, as far as it was told
   * @throws LedgerError CapacityExceededException where there is too much already
   */
  admit(length: number): Taken {
    if (this.requests >= this.limits.requests) throw tooMuch();
    this.add(length);
    this.requests++;
    return new Taken(this, length);
  }

  /** @throws LedgerError CapacityExceededException where there is no room for so many bytes more */
  add(bytes: number): void {
    if (this.bytes + bytes > this.limits.bytes) throw tooMuch();
    this.bytes += bytes;
  }

  /** What is held was so many bytes, and is so many now. */
  replace(before: number, now: number): void {
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
  private held: number;
  private over = false;

  constructor(load: Load, held: number) {
    this.load = load;
    this.held = held;
  }

  /** Counts so many bytes more that the request has. @throws LedgerError CapacityExceededException */
  grown(bytes: number): void {
    this.load.add(bytes);
    this.held += bytes;
  }

  /** Counts the answer, of so many bytes, in the place of the request, until its client has taken it. */
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
    this.load.release(this.held);
  }
}
