import { randomBytes } from "node:crypto";
import { setImmediate as othersTurn } from "node:timers/promises";
import { writeBinary } from "../ion/binary-writer.ts";
import type { IonValue } from "../ion/value.ts";
import { pause } from "../partiql/pause.ts";
import { LedgerError } from "../transaction/errors.ts";
import type { ValueHolder } from "./requests.ts";
import type { Cursor, Session } from "./session.ts";

/** A page ends after so many rows, or once it has grown so large. */
const mostRows = 100;
const mostBytes = 1 << 20;
/** A row has at most so many bytes: it becomes a text of base64 in a text of JSON. */
const mostRowBytes = 8 << 20;

export interface Page {
  readonly Values: readonly ValueHolder[];
  /** Undefined on the last page. */
  readonly NextPageToken?: string;
}

/**
 * Takes the next rows of a cursor; the rows after them are found when they are asked for.
 * @throws LedgerError where a row cannot be computed, or the transaction is over before the page is full
 */
export async function nextPage(session: Session, cursor: Cursor): Promise<Page> {
  try {
    return await filled(session, cursor);
  } catch (error) {
    session.uncount(cursor);
    throw error;
  }
}

async function filled(session: Session, cursor: Cursor): Promise<Page> {
  const values: ValueHolder[] = [];
  let bytes = 0;
  while (values.length < mostRows && bytes < mostBytes) {
    if (cursor.next === undefined) cursor.next = await nextRow(session, cursor);
    if (cursor.next.done === true) return lastPage(session, cursor, values);
    const row = writeBinary(cursor.next.value);
    if (row.length > mostRowBytes)
      throw new LedgerError("CapacityExceededException", `a row has ${row.length} bytes: allowed are ${mostRowBytes}`);
    values.push({ IonBinary: row.toString("base64") });
    bytes += row.length;
    cursor.next = undefined;
  }
  // Only a look at the next row tells whether this page is the last.
  cursor.next ??= await nextRow(session, cursor);
  if (cursor.next.done === true) return lastPage(session, cursor, values);
  session.count(cursor);
  const token = randomBytes(24).toString("base64");
  session.cursors.set(token, cursor);
  return { Values: values, NextPageToken: token };
}

function lastPage(session: Session, cursor: Cursor, values: ValueHolder[]): Page {
  session.uncount(cursor);
  return { Values: values };
}

/** Other requests have their turn wherever the statement pauses; one of them may be the end of this transaction. */
async function nextRow(session: Session, cursor: Cursor): Promise<IteratorResult<IonValue>> {
  const { rows, transaction } = cursor;
  for (;;) {
    const row = rows.next();
    if (row.done === true) return { done: true, value: undefined };
    if (row.value !== pause) return { done: false, value: row.value };
    session.count(cursor);
    await othersTurn();
    session.refuseOver(transaction);
  }
}

/** What a cursor has read and written since it was asked last. */
export function takeUsage({ usage }: Cursor): { ReadIOs: number; WriteIOs: number } {
  const taken = { ReadIOs: usage.readIOs, WriteIOs: usage.writeIOs };
  usage.readIOs = 0;
  usage.writeIOs = 0;
  return taken;
}
