import { expect, test } from "vitest";
import { ionHash, ionHashSteps } from "../../../ledger/ion/hash.ts";
import { readText } from "../../../ledger/ion/text.ts";
import { type Field, type IonValue, int, list } from "../../../ledger/ion/value.ts";
import { Runner } from "../partiql/run.ts";
import { Random, randomValue } from "../random.ts";

/** A hash, and how often others may have had their turn while it was made. */
function stepped(value: IonValue): { hash: string; turns: number } {
  const steps = ionHashSteps(value);
  for (let turns = 0; ; turns++) {
    const step = steps.next();
    if (step.done === true) return { hash: step.value.toString("hex"), turns };
  }
}

test("hashed step by step, a value has the same hash", () => {
  const random = new Random(23);
  for (let count = 0; count < 300; count++) {
    const value = randomValue(random);
    expect(stepped(value).hash).toBe(ionHash(value).toString("hex"));
  }
});

test("what is large is hashed in many steps, however it is nested", () => {
  const random = new Random(29);
  const values = Array.from({ length: 3000 }, () => randomValue(random, 1));
  const fields: Field[] = values.map((value, index) => ({ name: `f${index}`, value }));
  const wide: IonValue = { type: "struct", fields };
  const annotated: IonValue = { ...wide, annotations: ["a", "\u000b"] };
  for (const value of [wide, annotated, list(values), list([list([int(1), annotated]), wide]), { type: "sexp" as const, items: values }]) {
    const { hash, turns } = stepped(value);
    expect(hash).toBe(ionHash(value).toString("hex"));
    expect(turns).toBeGreaterThan(1000);
  }
});

test("a transaction hashes the documents that no parameter was in many steps, and has their hashes then", () => {
  const runner = new Runner();
  runner.run("CREATE TABLE T");
  const list = `[${"{a:1},".repeat(5000)}1]`;
  runner.run("INSERT INTO T {'l': ?}", list);
  const { transaction } = runner;
  let turns = 0;
  for (const _ of transaction.hashSteps()) turns++;
  expect(turns).toBeGreaterThan(1000);
  expect([...transaction.hashes.values()]).toEqual([ionHash(readText(`{l: ${list}}`))]);
});
