import { expect, test } from "vitest";
import { LedgerError } from "../../../ledger/transaction/errors.ts";
import { now, Runner } from "./run.ts";

/** @returns the name of the error that ends an expression */
function endOf(expression: string, ...parameters: readonly string[]): string {
  const runner = new Runner(() => now);
  try {
    runner.run(`SELECT VALUE ${expression} FROM <<0>>`, ...parameters);
  } catch (error) {
    if (error instanceof LedgerError) return error.name;
    throw error;
  }
  return "none";
}

/** A value that is used twice, in a value that is used twice, and so on. */
function doubled(times: number, operator: string, start: string): string {
  let [source, name] = [`<<${start}>> AS v0`, "v0"];
  for (let count = 1; count <= times; count++) {
    source += `, <<${name} ${operator} ${name}>> AS v${count}`;
    name = `v${count}`;
  }
  return `(SELECT VALUE ${name} FROM ${source})`;
}

test("texts that double end their statement alone", () => {
  expect(endOf(`${doubled(5, "||", "?")} LIKE 'x%'`, `"${"x".repeat(60_000)}"`)).toBe("none");
  expect(endOf(`${doubled(23, "||", "?")} LIKE 'x%'`, `"${"x".repeat(60_000)}"`)).toBe("CapacityExceededException");
});

test("numbers that are squared end their statement alone", () => {
  expect(endOf(doubled(13, "*", "7"))).toBe("none");
  expect(endOf(doubled(22, "*", "7"))).toBe("BadRequestException");
});

test("an expression that looks at too much for one row ends its statement", () => {
  const terms = Array.from({ length: 900 }, (_, index) => `x LIKE '%${index}_'`).join(" OR ");
  expect(endOf(`(SELECT VALUE 1 FROM <<?>> AS x WHERE ${terms})`, `"${"x".repeat(90_000)}"`)).toBe("CapacityExceededException");
  expect(endOf(`(SELECT VALUE 1 FROM <<?>> AS x WHERE ${terms})`, `"${"x".repeat(9_000)}"`)).toBe("none");
});

test("a subquery whose rows fill memory ends its statement, one whose rows are let go of does not", () => {
  const numbers = `[${Array.from({ length: 1100 }, (_, index) => index).join(",")}]`;
  expect(endOf("SIZE((SELECT VALUE a FROM ? AS a, ? AS b))", numbers, numbers)).toBe("CapacityExceededException");
  const runner = new Runner(() => now);
  const each = "SELECT VALUE SIZE((SELECT VALUE b FROM ? AS b)) FROM ? AS a";
  expect(runner.run(each, numbers, numbers)).toHaveLength(1100);
});

test("patterns that each may take long end their statement together", () => {
  const terms = (count: number) => Array.from({ length: count }, (_, index) => `x LIKE '%${"_".repeat(400)}${index}%'`).join(" OR ");
  const text = `"${"x".repeat(9_000)}"`;
  expect(endOf(`(SELECT VALUE 1 FROM <<?>> AS x WHERE ${terms(10)})`, text)).toBe("none");
  expect(endOf(`(SELECT VALUE 1 FROM <<?>> AS x WHERE ${terms(60)})`, text)).toBe("CapacityExceededException");
});

test("long numbers that are counted with over and over end their statement", () => {
  const casts = (count: number) => `SIZE(<<${Array.from({ length: count }, () => "CAST(x AS STRING)").join(", ")}>>)`;
  const sum = (count: number, digits: number) => endOf(`(SELECT VALUE ${casts(count)} FROM <<?>> AS x)`, "9".repeat(digits));
  expect(sum(100, 9_000)).toBe("none");
  expect(sum(1000, 9_000)).toBe("CapacityExceededException");
  expect(sum(1000, 100)).toBe("none");
});

const changing = (count: number) => {
  let time = 0;
  const runner = new Runner(undefined, () => (time += 10));
  runner.run("CREATE TABLE T");
  runner.run("INSERT INTO T ?", `{l: [${"1,".repeat(count - 1)}1]}`);
  return runner;
};

test("a change of each item of a long list gives others their turn", () => {
  const runner = changing(1000);
  const before = runner.pauses;
  expect(runner.run("FROM T AS t, t.l AS x SET x = 2")).toHaveLength(1);
  expect(runner.pauses - before).toBeGreaterThan(1000);
  expect(runner.run("SELECT VALUE SIZE(t.l) FROM T AS t WHERE 1 IN t.l")).toEqual([]);
});

test("rows that are items times items end their statement before they fill memory", () => {
  const runner = changing(1000);
  expect(() => runner.run("FROM T AS t, t.l AS x, t.l AS y SET x = 2")).toThrow("bytes of rows: it was ended");
});
