import { expect, test } from "vitest";
import { readText } from "../../../ledger/ion/text.ts";
import type { Ledger } from "../../../ledger/ledger.ts";
import { LedgerError } from "../../../ledger/transaction/errors.ts";
import { Fuzzing } from "../fuzzing.ts";
import { Random } from "../random.ts";
import { runIn, runWithin } from "../run-in.ts";
import { startServer } from "../server.ts";
import { Predicates } from "./predicates.ts";

type Query = readonly [statement: string, parameters: readonly string[]];

/** A statement with what belongs to it. */
function query(predicates: Predicates, statement: string): Query {
  return [statement, predicates.parameters];
}

/** The bag of a statement's rows, or that it is refused: which row is refused first hangs on the order in which they are found. */
async function bag([statement, parameters]: Query, run: (statement: string, ...parameters: ReturnType<typeof readText>[]) => unknown) {
  try {
    return [...((await run(statement, ...parameters.map(readText))) as readonly string[])].sort();
  } catch (error) {
    if (error instanceof LedgerError) return ["refused"];
    throw new Error(`${statement} ${parameters.join(" ")}: ${error instanceof Error ? error.stack : String(error)}`);
  }
}

function changeOf(predicates: Predicates, random: Random, count: number): Query {
  predicates.parameters = [];
  const where = () => predicates.condition(["a"], 1);
  const value = () => `\`${predicates.value()}\``;
  if (count < 4 || (count < 14 && random.below(3) === 0)) return ["INSERT INTO Q ?", [predicates.document(random.below(100))]];
  const statement = random.pick([
    () => `UPDATE Q AS a SET a.v = ${value()}, a.w = ${value()} WHERE ${where()}`,
    () => `UPDATE Q AS a SET a.many[0] = ${value()} WHERE ${where()}`,
    () => `FROM Q AS a WHERE ${where()} REMOVE a.${random.pick(["v", "w", "many"])}`,
    () => `FROM Q AS a WHERE ${where()} INSERT INTO a.many VALUE ${value()} AT 0`,
    () => `DELETE FROM Q AS a WHERE ${where()}`,
  ])();
  return query(predicates, statement);
}

async function countOf(ledger: Ledger): Promise<number> {
  return Number((await runIn(ledger, "SELECT VALUE COUNT(*) FROM Q"))[0]);
}

const fuzzing = new Fuzzing(1);

test(
  "what a transaction sees of its own changes is what is seen after it, and an index changes none of them",
  fuzzing.options,
  async () => {
    const server = await startServer();
    const ledger = server.registry.ledger("demo");
    if (ledger === undefined) throw new Error("no ledger");
    const random = new Random(fuzzing.seed(71));
    const predicates = new Predicates(random);
    for (const table of ["P", "Q"]) await runIn(ledger, `CREATE TABLE ${table}`);
    for (const field of ["v", "many"]) await runIn(ledger, `CREATE INDEX ON Q (${field})`);
    let found = 0;
    for (const _ of fuzzing.rounds(300)) {
      const transaction = ledger.begin();
      const within = (statement: string, ...parameters: ReturnType<typeof readText>[]) =>
        runWithin(ledger, transaction, statement, ...parameters);
      const count = await countOf(ledger);
      const changes = Array.from({ length: 1 + random.below(3) }, () => changeOf(predicates, random, count));
      for (const [statement, parameters] of changes) {
        const rows = [];
        for (const each of [statement, statement.replaceAll(/\bQ\b/g, "P")]) {
          const undo = transaction.savepoint();
          const changed = await bag([each, parameters], within);
          if (changed[0] === "refused") undo();
          // Documents of both tables have ids of their own.
          rows.push(changed[0] === "refused" ? "refused" : changed.length);
        }
        expect(rows[0], `${statement} ${parameters.join(" ")}`).toBe(rows[1]);
      }
      const [indexed, scanned] = [await bag(["SELECT VALUE Q FROM Q", []], within), await bag(["SELECT VALUE P FROM P", []], within)];
      expect(indexed, JSON.stringify(changes)).toEqual(scanned);
      const queries = Array.from({ length: 3 }, () => query(predicates, predicates.statement()));
      const before = [];
      for (const each of queries) before.push(await bag(each, within));
      await ledger.commit(transaction);
      for (const [index, each] of queries.entries()) {
        const after = await bag(each, (statement, ...parameters) => runIn(ledger, statement, ...parameters));
        expect(after, JSON.stringify([changes, each])).toEqual(before[index]);
        if (after.length > 0) found++;
      }
    }
    expect(found).toBeGreaterThan(0);
    await server.close();
  },
);
