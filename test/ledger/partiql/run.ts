import { newId } from "../../../ledger/ids.ts";
import { readText, writeText } from "../../../ledger/ion/text.ts";
import { Budget } from "../../../ledger/partiql/budget.ts";
import { execute } from "../../../ledger/partiql/execute.ts";
import { parseStatement } from "../../../ledger/partiql/parse-statement.ts";
import { pause } from "../../../ledger/partiql/pause.ts";
import { Store } from "../../../ledger/store/store.ts";
import { Transaction } from "../../../ledger/transaction/transaction.ts";

/** When everything in these tests happens: 2024-05-06T07:08:09.010Z */
export const now = Date.UTC(2024, 4, 6, 7, 8, 9, 10);

/** One transaction over an empty ledger: the language alone, without a server. */
export class Runner {
  readonly transaction = new Transaction(newId(), now, -1);
  readonly usage = { readIOs: 0, writeIOs: 0 };
  private readonly store = new Store("strand");
  private readonly clock: () => number;
  private readonly stopwatch: (() => number) | undefined;
  /** How often statements have let others have their turn. */
  pauses = 0;

  /**
   * @param clock that tells how long statements have been running
   * @param stopwatch that tells when they should let others have their turn
   */
  constructor(clock: () => number = () => now, stopwatch?: () => number) {
    this.clock = clock;
    this.stopwatch = stopwatch;
  }

  /** @param parameters as Ion text. @returns the rows as Ion text. @throws LedgerError */
  run(statement: string, ...parameters: readonly string[]): string[] {
    const rows = execute({
      ...{ store: this.store, transaction: this.transaction, usage: this.usage, now, newId, clock: this.clock },
      ...(this.stopwatch && { stopwatch: this.stopwatch }),
      budget: new Budget(64 << 20),
      parsed: parseStatement(statement),
      parameters: parameters.map(readText),
      statement: this.transaction.begin({ statement, startTime: now, statementDigest: Buffer.alloc(32) }),
    });
    const texts: string[] = [];
    for (let row = rows.next(); row.done !== true; row = rows.next()) {
      if (row.value === pause) this.pauses++;
      else texts.push(writeText(row.value));
    }
    return texts;
  }

  /** The value of an expression as Ion text; `MISSING` where it gives no row. */
  value(expression: string, ...parameters: readonly string[]): string {
    return this.run(`SELECT VALUE ${expression} FROM <<0>> AS zero`, ...parameters)[0] ?? "MISSING";
  }
}
