import { expect, test } from "vitest";
import { Random } from "../random.ts";
import { runIn, runWithin } from "../run-in.ts";
import { startServer } from "../server.ts";
import { Runner } from "./run.ts";

/** COUNT(*) alone, and where every row is looked at. */
const counts = ["T", "_ql_committed_T"].flatMap((table) => [
  `SELECT COUNT(*) AS n FROM ${table}`,
  `SELECT COUNT(*) AS n FROM ${table} WHERE TRUE`,
]);

test("COUNT(*) counts what a transaction sees", async () => {
  const server = await startServer();
  const ledger = server.registry.ledger("demo");
  if (ledger === undefined) throw new Error("no ledger");
  const random = new Random(56);
  await runIn(ledger, "CREATE TABLE T");
  for (let k = 0; k < 6; k++) await runIn(ledger, "INSERT INTO T ?", { k });
  for (let round = 0; round < 60; round++) {
    const transaction = ledger.begin();
    for (let step = 0; step < 3; step++) {
      const k = random.below(12);
      const change = random.pick([`INSERT INTO T {'k': ${k}}`, `UPDATE T SET v = 1 WHERE k = ${k}`, `DELETE FROM T WHERE k = ${k}`]);
      runWithin(ledger, transaction, change);
      const [count, ...others] = counts.map((statement) => runWithin(ledger, transaction, statement)[0]);
      for (const other of others) expect(other).toBe(count);
    }
    await ledger.commit(transaction);
  }
  expect(await runIn(ledger, "SELECT COUNT(*) AS n FROM T")).not.toEqual(["{n:0}"]);
  await server.close();
});

test("COUNT(*) reads every document, by QLDB's count, and looks at none", () => {
  let looks = 0;
  const runner = new Runner(undefined, () => looks++);
  runner.run("CREATE TABLE T");
  for (let k = 0; k < 10; k++) runner.run(`INSERT INTO T {'k': ${k}}`);
  const before = { ...runner.usage, looks };
  expect(runner.run("SELECT COUNT(*) FROM T")).toEqual(["{_1:10}"]);
  expect(runner.usage.readIOs - before.readIOs).toBe(10);
  expect(looks).toBe(before.looks);
});

test.each([
  ["SELECT COUNT(*), SUM(k) FROM T", "{_1:10,_2:45}"],
  ["SELECT COUNT(*) + COUNT(*) AS n FROM T AS t", "{n:20}"],
  ["SELECT VALUE COUNT(*) FROM T BY id", "10"],
  ["SELECT COUNT(*) FROM T, T AS u", "{_1:100}"],
  ["SELECT COUNT(*) FROM T AS t, t.many AS m", "{_1:10}"],
  ["SELECT COUNT(*) FROM T WHERE FALSE", "{_1:0}"],
  ["SELECT COUNT(*) FROM T WHERE k < 3", "{_1:3}"],
])("%s", (statement, row) => {
  const runner = new Runner();
  runner.run("CREATE TABLE T");
  for (let k = 0; k < 10; k++) runner.run(`INSERT INTO T {'k': ${k}}`);
  expect(runner.run(statement)).toEqual([row]);
});
