import { newId } from "../../ledger/ids.ts";
import { readText, writeText } from "../../ledger/ion/text.ts";
import { type IonValue, int, struct, text } from "../../ledger/ion/value.ts";
import type { Ledger } from "../../ledger/ledger.ts";
import { Budget } from "../../ledger/partiql/budget.ts";
import { execute } from "../../ledger/partiql/execute.ts";
import { pause } from "../../ledger/partiql/pause.ts";
import type { Transaction } from "../../ledger/transaction/transaction.ts";

/** Rows as Ion text. */
export type Ran = readonly string[];

type Parameter = IonValue | number | string | { readonly [name: string]: Parameter };

/** Runs one statement in a transaction of its own, without a server. @throws LedgerError */
export async function runIn(ledger: Ledger, statement: string, ...parameters: readonly Parameter[]): Promise<Ran> {
  const transaction = ledger.begin();
  const rows = runWithin(ledger, transaction, statement, ...parameters);
  await ledger.commit(transaction);
  return rows;
}

/** Runs one statement in a transaction, which stays open. @throws LedgerError */
export function runWithin(ledger: Ledger, transaction: Transaction, statement: string, ...parameters: readonly Parameter[]): Ran {
  const values = parameters.map(ion);
  const statementDigest = ledger.digests.digest(statement, values);
  const rows = execute({
    ...{ store: ledger.store, transaction, parsed: ledger.statements.get(statement), parameters: values, newId },
    ...{ now: Date.now(), clock: Date.now, usage: { readIOs: 0, writeIOs: 0 } },
    budget: new Budget(64 << 20),
    statement: transaction.begin({ statement, startTime: Date.now(), statementDigest }),
  });
  const texts: string[] = [];
  for (let row = rows.next(); row.done !== true; row = rows.next()) if (row.value !== pause) texts.push(writeText(row.value));
  return texts;
}

function ion(value: Parameter): IonValue {
  if (typeof value === "number") return int(value);
  if (typeof value === "string") return text(value);
  if (isIon(value)) return value;
  return struct(Object.fromEntries(Object.entries(value).map(([name, each]) => [name, ion(each)])));
}

function isIon(value: object): value is IonValue {
  return "type" in value && typeof value.type === "string";
}

/** The value of a row's field, as Ion text. */
export function fieldOf(row: string | undefined, name: string): string {
  const value = readText(row ?? "null");
  const found = value.type === "struct" ? value.fields.find((each) => each.name === name) : undefined;
  return found === undefined ? "MISSING" : writeText(found.value);
}
