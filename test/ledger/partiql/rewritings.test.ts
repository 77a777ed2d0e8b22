import { expect, test } from "vitest";
import { LedgerError } from "../../../ledger/transaction/errors.ts";
import { Fuzzing } from "../fuzzing.ts";
import { Random } from "../random.ts";
import { Predicates } from "./predicates.ts";
import { Runner } from "./run.ts";

/** The bag of a statement's rows; undefined where it is refused. */
function bag(runner: Runner, statement: string): readonly string[] | undefined {
  try {
    return runner.run(statement).sort();
  } catch (error) {
    if (error instanceof LedgerError) return undefined;
    throw new Error(`${statement}: ${error instanceof Error ? error.stack : String(error)}`);
  }
}

/** Two ways to write one statement. */
type Rewriting = (predicates: Predicates, random: Random) => readonly [string, string];

const literal = (predicates: Predicates) => `\`${predicates.value()}\``;
const field = (random: Random) => `a.${random.pick(["v", "w", "many", "nope"])}`;

const rewritings: Readonly<Record<string, Rewriting>> = {
  "AND is a SELECT within a SELECT": (predicates) => {
    const [first, second] = [predicates.plain("a"), predicates.plain("a")];
    return [
      `SELECT VALUE a.k FROM Q AS a WHERE (${first}) AND (${second})`,
      `SELECT VALUE b.k FROM Q AS a, (SELECT VALUE a FROM <<a>> AS c WHERE ${first}) AS b WHERE ${second.replaceAll("a.", "b.")}`,
    ];
  },
  "IN is one = or another": (predicates, random) => {
    const [path, x, y] = [field(random), literal(predicates), literal(predicates)];
    return [
      `SELECT VALUE a.k FROM Q AS a WHERE ${path} IN (${x}, ${y})`,
      `SELECT VALUE a.k FROM Q AS a WHERE ${path} = ${x} OR ${path} = ${y}`,
    ];
  },
  "BETWEEN is two comparisons": (_predicates, random) => {
    const number = () => random.pick(["-1", "0", "1.5", "3", "`2e0`", "7.0", "11"]);
    const [subject, x, y] = ["CASE WHEN a.v IS INT THEN a.v ELSE a.k END", number(), number()];
    return [
      `SELECT VALUE a.k FROM Q AS a WHERE ${subject} BETWEEN ${x} AND ${y}`,
      `SELECT VALUE a.k FROM Q AS a WHERE ${subject} >= ${x} AND ${subject} <= ${y}`,
    ];
  },
  "a path to many parts is unnesting": (predicates) => {
    const condition = predicates.plain("a");
    return [
      `SELECT a.k, m FROM Q AS a, a.many[*] AS m WHERE ${condition}`,
      `SELECT a.k, m FROM Q AS a, (SELECT VALUE x FROM a.many AS x) AS m WHERE ${condition}`,
    ];
  },
  "NOT and <> and NOT IN": (predicates, random) => {
    const [path, x] = [field(random), literal(predicates)];
    return [`SELECT VALUE a.k FROM Q AS a WHERE ${path} NOT IN (${x})`, `SELECT VALUE a.k FROM Q AS a WHERE NOT ${path} = ${x}`];
  },
  "a join is a product with a condition": (predicates) => {
    const condition = predicates.plain("a").replace("a.", "b.");
    return [`SELECT a.k, b.k FROM Q AS a JOIN Q AS b ON ${condition}`, `SELECT a.k, b.k FROM Q AS a, Q AS b WHERE ${condition}`];
  },
};

const fuzzing = new Fuzzing(Object.keys(rewritings).length);

test.each(Object.entries(rewritings))("%s", fuzzing.options, (_name, rewriting) => {
  const random = new Random(fuzzing.seed(61));
  const predicates = new Predicates(random);
  let compared = 0;
  let runner = new Runner();
  for (const round of fuzzing.rounds(400)) {
    if (round % 50 === 0) {
      runner = new Runner();
      runner.run("CREATE TABLE Q");
      runner.run("CREATE INDEX ON Q (v)");
      for (let k = 0; k < 12; k++) runner.run("INSERT INTO Q ?", predicates.document(k));
    }
    const [one, other] = rewriting(predicates, random);
    const [left, right] = [bag(runner, one), bag(runner, other)];
    // What one way refuses, the other may not come to look at.
    if (left === undefined || right === undefined) continue;
    expect(left, `${one} — ${other}`).toEqual(right);
    if (left.length > 0) compared++;
  }
  expect(compared).toBeGreaterThan(0);
});
