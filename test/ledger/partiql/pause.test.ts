import { expect, test } from "vitest";
import { writeText } from "../../../ledger/ion/text.ts";
import { LedgerError } from "../../../ledger/transaction/errors.ts";
import { Fuzzing } from "../fuzzing.ts";
import { Random, randomValue } from "../random.ts";
import { Grammar } from "./grammar.ts";
import { now, Runner } from "./run.ts";

/** A statement whose every slice is over at its second look at the clock. */
function pausing(): Runner {
  let time = 0;
  return prepared(new Runner(undefined, () => (time += 10)));
}

function prepared(runner: Runner): Runner {
  for (const name of ["T", "U"]) runner.run(`CREATE TABLE ${name}`);
  for (const document of ["{a: 1, b: [1, {a: 2}, 3]}", '{a: "x", b: {a: [3]}}', "{}", "{a: 2, b: [5, 6]}"])
    runner.run("INSERT INTO T ?", document);
  runner.run("INSERT INTO U ?", "{a: 2020-01-01T00:00Z, b: null.int}");
  return runner;
}

/** What came of a statement: rows or a refusal, the documents it left, and what it has read; ids are not the same. */
function outcome(runner: Runner, statement: string, parameters: readonly string[] = []): unknown {
  const run = (text: string, ...values: readonly string[]) => {
    try {
      return runner.run(text, ...values).map((row) => row.replaceAll(/\b\w{22}\b/g, "id"));
    } catch (error) {
      if (error instanceof LedgerError) return error.message.replaceAll(/\b\w{22}\b/g, "id");
      throw error;
    }
  };
  return [run(statement, ...parameters), run("SELECT * FROM T"), run("SELECT * FROM U"), { ...runner.usage }];
}

const many = `<<${Array.from({ length: 40 }, (_, index) => index).join(", ")}>>`;
const statements = [
  `SELECT VALUE x FROM ${many} AS x WHERE EXISTS (SELECT VALUE y FROM ${many} AS y WHERE y = x * 2)`,
  `SELECT VALUE SIZE((SELECT VALUE z FROM ${many} AS z WHERE z < x)) + (SELECT VALUE z FROM ${many} AS z WHERE z = x) FROM ${many} AS x`,
  `SELECT SUM(SIZE((SELECT VALUE z FROM ${many} AS z WHERE z <> x))) AS s FROM ${many} AS x`,
  `SELECT VALUE y FROM ${many} AS x, (SELECT VALUE z FROM ${many} AS z WHERE z = x AND EXISTS (SELECT VALUE 1 FROM ${many} AS w WHERE w = z)) AS y`,
  `SELECT VALUE x FROM ${many} AS x WHERE x IN (SELECT VALUE z FROM ${many} AS z WHERE z > 30) AND x NOT IN (SELECT VALUE z FROM ${many} AS z WHERE z > 35)`,
  `SELECT VALUE (SELECT VALUE z / 0 FROM ${many} AS z WHERE z = 30) FROM <<0>>`,
  `UPDATE T AS t SET n = SIZE((SELECT VALUE z FROM ${many} AS z WHERE z <> t.a)) WHERE EXISTS (SELECT VALUE z FROM ${many} AS z WHERE z = t.a)`,
  `DELETE FROM T AS t WHERE EXISTS (SELECT VALUE z FROM ${many} AS z WHERE z = t.a)`,
  `INSERT INTO U << {'c': SIZE((SELECT VALUE z FROM ${many} AS z WHERE z < 30))} >>`,
  `FROM T AS t, t.b AS i WHERE SIZE((SELECT VALUE z FROM ${many} AS z WHERE z < i)) > 2 REMOVE i`,
];

test.each(statements)("pausing within expressions changes nothing: %s", (statement) => {
  const [plain, paused] = [prepared(new Runner(undefined, () => 0)), pausing()];
  const before = paused.pauses;
  const expected = outcome(plain, statement);
  expect(outcome(paused, statement)).toEqual(expected);
  expect(plain.pauses).toBe(0);
  // There are far more pauses than rows of the outermost FROM.
  expect(paused.pauses - before).toBeGreaterThan(15);
});

const fuzzing = new Fuzzing(3);

test("statements of the grammar come to the same with and without pauses", fuzzing.options, () => {
  const random = new Random(fuzzing.seed(44));
  const grammar = new Grammar(random);
  let [plain, paused] = [prepared(new Runner(undefined, () => 0)), pausing()];
  for (const count of fuzzing.rounds(2000)) {
    if (count % 20 === 0) [plain, paused] = [prepared(new Runner(undefined, () => 0)), pausing()];
    const statement = grammar.statement();
    if (/txid/i.test(statement)) continue;
    const parameters = Array.from({ length: grammar.parameters }, () => writeText(randomValue(random, 1)));
    expect(outcome(paused, statement, parameters), statement).toEqual(outcome(plain, statement, parameters));
  }
});

test("a subquery that runs for long lets others have their turn, although it stands in one expression", () => {
  const runner = new Runner(() => now);
  const numbers = `[${Array.from({ length: 1000 }, (_, index) => index).join(",")}]`;
  const counted = runner.run("SELECT VALUE SIZE((SELECT VALUE 1 FROM ? AS a, ? AS b WHERE a = b)) FROM <<0>>", numbers, numbers);
  expect(counted).toEqual(["1000"]);
  expect(runner.pauses).toBeGreaterThan(0);
});
