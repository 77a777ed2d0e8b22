import { expect, test } from "vitest";
import { readBinary } from "../../../ledger/ion/binary-reader.ts";
import { writeBinary } from "../../../ledger/ion/binary-writer.ts";
import { readText, writeText } from "../../../ledger/ion/text.ts";
import { LedgerError } from "../../../ledger/transaction/errors.ts";
import { Fuzzing } from "../fuzzing.ts";
import { Random, randomDocument, randomValue } from "../random.ts";
import { Grammar, names, operators } from "./grammar.ts";
import { Runner } from "./run.ts";

/** @returns whether the statement ran; anything but a LedgerError fails the test */
function runs(runner: Runner, statement: string, parameters: readonly string[]): boolean {
  try {
    runner.run(statement, ...parameters);
    return true;
  } catch (error) {
    if (error instanceof LedgerError) return false;
    throw new Error(`${statement}: ${error instanceof Error ? error.stack : String(error)}`);
  }
}

function newRunner(): Runner {
  const runner = new Runner();
  runner.run("CREATE TABLE T");
  runner.run("CREATE TABLE U");
  runner.run("CREATE INDEX ON T (a)");
  for (const document of ["{a: 1, b: [1, {a: 2}]}", '{a: "x", b: {a: [3]}}', "{}"]) runner.run("INSERT INTO T ?", document);
  runner.run("INSERT INTO U ?", "{a: 2020-01-01T00:00Z, b: null.int}");
  return runner;
}

const fuzzing = new Fuzzing(3);

test("statements of the grammar run or are refused, and what they wrote can be read again", fuzzing.options, () => {
  const random = new Random(fuzzing.seed(42));
  const grammar = new Grammar(random);
  let runner = newRunner();
  let ran = 0;
  for (const count of fuzzing.rounds(4000)) {
    if (count % 20 === 0) runner = newRunner();
    const statement = grammar.statement();
    const parameters = Array.from({ length: grammar.parameters }, () => writeText(randomValue(random, 1)));
    if (runs(runner, statement, parameters)) ran++;
    for (const pending of runner.transaction.documents.values()) {
      for (const { data } of pending.values()) if (data !== undefined) expect(readBinary(writeBinary(data)), statement).toEqual(data);
    }
  }
  expect(ran).toBeGreaterThan(400);
});

test("damaged statements are refused or run", fuzzing.options, () => {
  const random = new Random(fuzzing.seed(43));
  const grammar = new Grammar(random);
  const pieces = [
    ...names,
    ...operators,
    ..."( ) [ ] { } << >> ' \" ` ? , . : ; @ * -- /* */ SELECT FROM WHERE \\ \u0000 🙂 \n".split(" "),
  ];
  let runner = newRunner();
  for (const count of fuzzing.rounds(4000)) {
    // Damaged statements insert and drop too: now and then they begin anew.
    if (count % 100 === 0) runner = newRunner();
    let statement = grammar.statement();
    for (let change = random.below(3); change >= 0; change--) {
      const at = random.below(statement.length + 1);
      statement = statement.slice(0, at) + (random.below(2) === 0 ? random.pick(pieces) : "") + statement.slice(at + random.below(5));
    }
    runs(runner, statement, []);
  }
  expect(runner.run("SELECT VALUE 1 FROM <<0>> AS zero")).toEqual(["1"]);
});

test("documents of any content go in and come out as they were", fuzzing.options, () => {
  const random = new Random(fuzzing.seed(44));
  for (const _ of fuzzing.rounds(200)) {
    const runner = newRunner();
    const document = writeText(randomDocument(random));
    runner.run("INSERT INTO U ?", document);
    expect(readText(runner.run("SELECT VALUE u FROM U AS u")[1] ?? "")).toEqual(readText(document));
  }
});
