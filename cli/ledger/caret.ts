import { LedgerRefusal } from "../../ledger/client/http.ts";

/** How much of a long line is shown before and after the place. */
const before = 60;
const after = 30;

/**
 * Shows the place in a statement that a message of QLDB's names.
 * @returns the line with a caret below it, or undefined where the message names no place in this statement
 */
export function pointAt(statement: string, message: string): string | undefined {
  const place = /\bat line (\d+), column (\d+)\b/.exec(message);
  const line = place === null ? undefined : statement.split("\n")[Number(place[1]) - 1];
  if (place === null || line === undefined) return undefined;
  const at = Math.min(Number(place[2]) - 1, line.length);
  const start = Math.max(0, at - before);
  const shown = line.slice(start, at + after);
  // Tabs stay tabs, so that the caret stands below its sign whatever their width.
  const margin = line.slice(start, at).replace(/[^\t]/g, " ");
  return `${shown.trimEnd()}\n  ${margin}^`;
}

/** Adds the place to a refusal of a statement. */
export async function pointing<T>(statement: string, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    const hint = error instanceof LedgerRefusal ? pointAt(statement, error.message) : undefined;
    if (error instanceof LedgerRefusal && hint !== undefined) throw new LedgerRefusal(error.type, error.message, hint);
    throw error;
  }
}
