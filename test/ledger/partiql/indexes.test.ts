import { expect, test } from "vitest";
import { readText } from "../../../ledger/ion/text.ts";
import { LedgerError } from "../../../ledger/transaction/errors.ts";
import { Fuzzing } from "../fuzzing.ts";
import { Random } from "../random.ts";
import { runIn } from "../run-in.ts";
import { startServer } from "../server.ts";
import { Predicates } from "./predicates.ts";
import { Runner } from "./run.ts";

type Run = (statement: string, parameters: readonly string[]) => Promise<readonly string[]>;

/** The bag of a statement's rows, or that it is refused: which row is refused first hangs on the order in which they are found. */
async function bag(run: Run, statement: string, parameters: readonly string[]): Promise<readonly string[]> {
  try {
    return [...(await run(statement, parameters))].sort();
  } catch (error) {
    if (error instanceof LedgerError) return ["refused"];
    throw new Error(`${statement}: ${error instanceof Error ? error.stack : String(error)}`);
  }
}

const fuzzing = new Fuzzing(4);

/** The same over the table P, which has the same documents and no index. */
function withoutIndex(statement: string): string {
  return statement.replaceAll(/\bQ\b|(?<=_)Q\b/g, "P");
}

async function compare(run: Run, predicates: Predicates, rounds: Iterable<number>): Promise<void> {
  let found = 0;
  for (const _ of rounds) {
    const statement = predicates.statement();
    const { parameters } = predicates;
    const indexed = await bag(run, statement, parameters);
    expect(indexed, `${statement} ${parameters.join(" ")}`).toEqual(await bag(run, withoutIndex(statement), parameters));
    if (indexed.length > 0) found++;
  }
  expect(found).toBeGreaterThan(0);
}

const fields = ["v", "w", "many"];

test("with and without an index: the same rows of what is committed", fuzzing.options, async () => {
  const server = await startServer();
  const ledger = server.registry.ledger("demo");
  if (ledger === undefined) throw new Error("no ledger");
  const predicates = new Predicates(new Random(fuzzing.seed(51)));
  for (const table of ["P", "Q"]) await runIn(ledger, `CREATE TABLE ${table}`);
  for (const field of fields) await runIn(ledger, `CREATE INDEX ON Q (${field})`);
  for (let k = 0; k < 22; k++) {
    const document = readText(predicates.document(k));
    for (const table of ["P", "Q"]) await runIn(ledger, `INSERT INTO ${table} ?`, document);
  }
  const run: Run = (statement, parameters) => runIn(ledger, statement, ...parameters.map(readText));
  await compare(run, predicates, fuzzing.rounds(1500));
  await server.close();
});

test("with and without an index: the same rows of what a transaction has changed", fuzzing.options, async () => {
  const predicates = new Predicates(new Random(fuzzing.seed(52)));
  const runner = new Runner();
  for (const table of ["P", "Q"]) runner.run(`CREATE TABLE ${table}`);
  for (const field of fields) runner.run(`CREATE INDEX ON Q (${field})`);
  for (let k = 0; k < 18; k++) {
    const document = predicates.document(k);
    for (const table of ["P", "Q"]) runner.run(`INSERT INTO ${table} ?`, document);
  }
  await compare(async (statement, parameters) => runner.run(statement, ...parameters), predicates, fuzzing.rounds(800));
});

test("with and without an index: the same of tables without a document", fuzzing.options, async () => {
  const predicates = new Predicates(new Random(fuzzing.seed(53)));
  const runner = new Runner();
  for (const table of ["P", "Q"]) runner.run(`CREATE TABLE ${table}`);
  for (const field of fields) runner.run(`CREATE INDEX ON Q (${field})`);
  for (const _ of fuzzing.rounds(400)) {
    const statement = predicates.statement();
    expect(runner.run(statement, ...predicates.parameters), statement).toEqual([]);
  }
});

test("by a document's id and by a scan: the same rows", fuzzing.options, async () => {
  const server = await startServer();
  const ledger = server.registry.ledger("demo");
  if (ledger === undefined) throw new Error("no ledger");
  const random = new Random(fuzzing.seed(54));
  const predicates = new Predicates(random);
  await runIn(ledger, "CREATE TABLE Q");
  for (let k = 0; k < 8; k++) await runIn(ledger, "INSERT INTO Q ?", readText(predicates.document(k)));
  await runIn(ledger, "UPDATE Q SET w = 1 WHERE k < 4");
  await runIn(ledger, "DELETE FROM Q WHERE k = 7");
  const ids = await runIn(ledger, "SELECT VALUE h.metadata.id FROM history(Q) AS h");
  const id = () => {
    const text = random.pick(ids);
    return random.pick([
      () => text,
      () => text,
      () => `'${JSON.parse(text)}'`,
      () => `x::${text}`,
      () => `[${text}]`,
      () => predicates.value(),
    ])();
  };
  const sources = [
    ["Q AS a BY id", "id", "a.k"],
    ["_ql_committed_Q AS a", "a.metadata.id", "a.data.k"],
    ["_ql_committed_Q AS a BY id", "id", "a.data.k"],
    ["history(Q) AS a", "a.metadata.id", "a.metadata.version"],
    ["history(Q) AS a BY id", "id", "a.metadata.version"],
    ["Q AS b BY other, Q AS a BY id", "id", "[a.k, b.k]"],
  ] as const;
  const run: Run = (statement) => runIn(ledger, statement);
  let found = 0;
  for (const _ of fuzzing.rounds(400)) {
    const [source, path, shown] = random.pick(sources);
    const value = () => (source.startsWith("Q AS b") && random.below(2) === 0 ? "other" : `\`${id()}\``);
    const condition = random.pick([
      () => `${path} = ${value()}`,
      () => `${value()} = ${path}`,
      () => `${path} IN (${value()}, ${value()})`,
      () => `${path} IN [${value()}]`,
      () => `${path} IN ${value()}`,
      () => `${path} = ${value()} AND ${path} = ${value()}`,
    ])();
    const [looked, scanned] = [condition, `(${condition}) OR FALSE`].map((where) => `SELECT VALUE ${shown} FROM ${source} WHERE ${where}`);
    const rows = await bag(run, looked ?? "", []);
    expect(rows, looked).toEqual(await bag(run, scanned ?? "", []));
    if (rows.length > 0) found++;
  }
  expect(found).toBeGreaterThan(0);
  await server.close();
});

test.each(["id", "v"])("a lookup whose value is refused is asked where a row comes to it, whatever is looked up by: %s", (by) => {
  const runner = new Runner();
  runner.run("CREATE TABLE Q");
  for (const field of ["v", "w"]) runner.run(`CREATE INDEX ON Q (${field})`);
  const bad = by === "id" ? "id = CAST(1 / 0 AS STRING)" : "q.v = 1 / 0";
  const statements = [`SELECT * FROM Q AS q BY id WHERE ${bad}`, `DELETE FROM Q AS q BY id WHERE ${bad}`];
  for (const statement of statements) expect(runner.run(statement)).toEqual([]);
  expect(runner.run(`SELECT * FROM Q AS q BY id WHERE q.w = 1 AND ${bad}`)).toEqual([]);
  runner.run("INSERT INTO Q {'v': 1, 'w': 2}");
  for (const statement of statements) expect(() => runner.run(statement), statement).toThrow("division by zero");
  // A row comes to the first condition, and from there to the second where it is met.
  expect(runner.run(`SELECT * FROM Q AS q BY id WHERE q.w = 1 AND ${bad}`)).toEqual([]);
  for (const order of [`${bad} AND q.w = 1`, `q.w = 2 AND ${bad}`])
    expect(() => runner.run(`SELECT * FROM Q AS q BY id WHERE ${order}`), order).toThrow("division by zero");
});

test("a sexp is found as a sexp, with an index or without", () => {
  const runner = new Runner();
  for (const table of ["P", "Q"]) runner.run(`CREATE TABLE ${table}`);
  runner.run("CREATE INDEX ON Q (v)");
  for (const table of ["P", "Q"]) {
    for (const v of ["1", "[1]", "(1)"]) runner.run(`INSERT INTO ${table} ?`, `{v: ${v}}`);
    expect(runner.run(`SELECT VALUE v FROM ${table} WHERE v IN (\`(1)\`)`)).toEqual(["(1)"]);
    expect(runner.run(`SELECT VALUE v FROM ${table} WHERE v IN \`(1)\``)).toEqual(["1"]);
    expect(runner.run(`SELECT VALUE v FROM ${table} WHERE v IN [[1]]`)).toEqual(["[1]"]);
    expect(runner.run(`SELECT VALUE v FROM ${table} WHERE v IN (?)`, "[1]")).toEqual(["[1]"]);
    expect(runner.run(`SELECT VALUE v FROM ${table} WHERE v IN ?`, "[1]")).toEqual(["1"]);
    expect(runner.run(`SELECT VALUE x.v FROM [{'v': \`(1)\`}] AS y JOIN ${table} AS x ON x.v IN (y.v)`)).toEqual(["(1)"]);
  }
});
