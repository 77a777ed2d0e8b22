import { ionLimits } from "../ion/value.ts";
import { LedgerError } from "../transaction/errors.ts";
import { evaluationError, type Position } from "./errors.ts";
import type { Value } from "./values.ts";

/** What an item or a field takes beside its content. */
const perItem = 64;
/** What a row of several sources takes beside what is in it. */
const perRow = 512;

/** Numbers from here on are long: what counts with one takes up to a millisecond. */
const long = 2n ** 1024n;
const perLong = 256 << 10;

const largest = 256n ** BigInt(ionLimits.numberBytes);

/** Counts what expressions look at and make, so that no row takes memory or time without an end. */
export class Budget {
  private readonly most: number;
  private spent = 0;
  private held = 0;

  /** @param most bytes that the expressions of one row may look at and make; as many may be held at one time: rows of subqueries, documents that are to be changed */
  constructor(most: number) {
    this.most = most;
  }

  /** Bytes that the statement keeps while others have their turn. */
  get kept(): number {
    return this.held + this.spent;
  }

  /** The next row is evaluated. */
  begin(): void {
    this.spent = 0;
  }

  /** Counts a value that is looked at. @throws LedgerError CapacityExceededException where it is too much */
  looked(value: Value): Value {
    this.spend(sizeOf(value, 1));
    return value;
  }

  /**
   * Counts a value that was made, without what is inside of its parts: that was counted before.
   * @throws LedgerError CapacityExceededException where it is too much, BadRequestException for a number that is too large
   */
  made(value: Value, at: Position): Value {
    if (value.type === "int") refuseLarge(value.value, at);
    else if (value.type === "decimal") refuseLarge(value.coefficient, at);
    this.spend(sizeOf(value, perItem));
    return value;
  }

  /** Counts a value that is compared: all that is inside of it. @throws LedgerError CapacityExceededException */
  compared(value: Value): Value {
    if (value.type === "struct") {
      this.spend(perItem * value.fields.length);
      for (const field of value.fields) this.compared(field.value);
    } else if (value.type === "list" || value.type === "bag" || value.type === "sexp") {
      this.spend(perItem * value.items.length);
      for (const item of value.items) this.compared(item);
    }
    return value;
  }

  /** Counts comparisons of characters. @throws LedgerError CapacityExceededException where they are too many */
  matched(comparisons: number): void {
    this.spend(comparisons);
  }

  /** Counts a row that stays, until release(). @throws LedgerError CapacityExceededException where it is too much */
  hold(row: Value): void {
    this.held += perItem + sizeOf(row, perItem);
    if (row.type === "struct") for (const field of row.fields) this.held += sizeOf(field.value, 0);
    this.refuseHeld();
  }

  /** Counts rows of values that were counted before. @throws LedgerError CapacityExceededException where they are too many */
  holdRows(count: number): void {
    this.held += count * perRow;
    this.refuseHeld();
  }

  private refuseHeld(): void {
    if (this.held > this.most)
      throw new LedgerError("CapacityExceededException", `the statement holds more than ${this.most} bytes of rows: it was ended`);
  }

  /** How much is held, for release(). */
  mark(): number {
    return this.held;
  }

  /** What was held since a mark is held no longer. */
  release(mark: number): void {
    this.held = mark;
  }

  private spend(bytes: number): void {
    this.spent += bytes;
    if (this.spent > this.most)
      throw new LedgerError(
        "CapacityExceededException",
        `the expressions of one row look at more than ${this.most} bytes: the statement was ended`,
      );
  }
}

/** @param part what counts for each item or field */
function sizeOf(value: Value, part: number): number {
  switch (value.type) {
    case "string":
    case "symbol":
      return 2 * (value.value?.length ?? 0);
    case "list":
    case "bag":
    case "sexp":
      return part * value.items.length;
    case "struct":
      return part * ("fieldCount" in value ? (value.fieldCount ?? 0) : value.fields.length);
    case "int":
      return isLong(value.value) ? perLong : 0;
    case "decimal":
      return isLong(value.coefficient) ? perLong : 0;
    default:
      return 0;
  }
}

function isLong(number: bigint): boolean {
  return number >= long || number <= -long;
}

function refuseLarge(number: bigint, at: Position): void {
  if (number >= largest || number <= -largest) throw evaluationError(at, `a number has more than ${ionLimits.digits} digits`);
}
