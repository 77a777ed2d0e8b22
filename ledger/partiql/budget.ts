import { ionLimits } from "../ion/value.ts";
import { LedgerError } from "../transaction/errors.ts";
import { evaluationError, type Position } from "./errors.ts";
import type { Value } from "./values.ts";

/** Bytes that the expressions of one row may look at and make. */
const most = 64 << 20;
/** Bytes that a statement may hold at one time: rows of subqueries, documents that are to be changed. */
const mostHeld = 64 << 20;
/** What an item or a field takes beside its content. */
const perItem = 64;

const largest = 256n ** BigInt(ionLimits.numberBytes);

/** Counts what expressions look at and make, so that no row takes memory or time without an end. */
export class Budget {
  private spent = 0;
  private held = 0;

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
    else this.spend(sizeOf(value, perItem));
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

  /** Counts a row that stays, until release(). @throws LedgerError CapacityExceededException where it is too much */
  hold(row: Value): void {
    this.held += perItem + sizeOf(row, perItem);
    if (row.type === "struct") for (const field of row.fields) this.held += sizeOf(field.value, 0);
    if (this.held > mostHeld)
      throw new LedgerError("CapacityExceededException", `the statement holds more than ${mostHeld} bytes of rows: it was ended`);
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
    if (this.spent > most)
      throw new LedgerError(
        "CapacityExceededException",
        `the expressions of one row look at more than ${most} bytes: the statement was ended`,
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
      return part * value.fields.length;
    default:
      return 0;
  }
}

function refuseLarge(number: bigint, at: Position): void {
  if (number >= largest || number <= -largest) throw evaluationError(at, `a number has more than ${ionLimits.digits} digits`);
}
