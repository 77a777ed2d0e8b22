import { randomBytes } from "node:crypto";
import { writeBinary } from "../ion/binary-writer.ts";
import type { ValueHolder } from "./requests.ts";
import type { Cursor, Session } from "./session.ts";

/** A page ends after so many rows, or once it has grown so large. */
const mostRows = 100;
const mostBytes = 1 << 20;

export interface Page {
  readonly Values: readonly ValueHolder[];
  /** Undefined on the last page. */
  readonly NextPageToken?: string;
}

/**
 * Takes the next rows of a cursor; the rows after them are found when they are asked for.
 * @throws LedgerError where a row cannot be computed
 */
export function nextPage(session: Session, cursor: Cursor): Page {
  const values: ValueHolder[] = [];
  let bytes = 0;
  while (cursor.next.done !== true && values.length < mostRows && bytes < mostBytes) {
    const row = writeBinary(cursor.next.value);
    values.push({ IonBinary: row.toString("base64") });
    bytes += row.length;
    cursor.next = cursor.rows.next();
  }
  if (cursor.next.done === true) return { Values: values };
  const token = randomBytes(24).toString("base64");
  session.cursors.set(token, cursor);
  return { Values: values, NextPageToken: token };
}

/** What a cursor has read and written since it was asked last. */
export function takeUsage({ usage }: Cursor): { ReadIOs: number; WriteIOs: number } {
  const taken = { ReadIOs: usage.readIOs, WriteIOs: usage.writeIOs };
  usage.readIOs = 0;
  usage.writeIOs = 0;
  return taken;
}
