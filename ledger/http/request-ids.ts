import { newId } from "../ids.ts";

const length = 22;
const countDigits = 8;

/** Ids of requests: of an id's form, but counted up from a random beginning, as nobody keeps them. */
export class RequestIds {
  private readonly beginning = newId().slice(0, length - countDigits);
  private count = 0;

  next(): string {
    return this.beginning + (this.count++).toString(36).padStart(countDigits, "0");
  }
}
