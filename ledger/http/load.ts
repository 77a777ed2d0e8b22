import type { IncomingMessage, ServerResponse } from "node:http";
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
   * @throws LedgerError CapacityExceededException where there is too much already
   */
  admit(request: IncomingMessage, response: ServerResponse): Taken {
    let held = Number(request.headers["content-length"] ?? 0) || 0;
    if (this.requests >= this.limits.requests || this.bytes + held > this.limits.bytes) {
      throw new LedgerError("CapacityExceededException", "Service is unable to handle the request: too much is under way, try again");
    }
    this.requests++;
    this.bytes += held;
    response.once("close", () => {
      this.requests--;
      this.bytes -= held;
    });
    return {
      answered: (size) => {
        this.bytes += size - held;
        held = size;
      },
    };
  }
}

/** A request that was taken on. */
export interface Taken {
  /** Counts the answer, of so many bytes, in the place of the request, until its client has taken it. */
  answered(size: number): void;
}
