import type { QldbDriver } from "amazon-qldb-driver-nodejs";
import { type dom, load } from "ion-js";
import { afterAll, beforeAll, expect, test } from "vitest";
import { connect, startServer, type TestServer } from "../server.ts";

let server: TestServer;
let driver: QldbDriver;
beforeAll(async () => {
  server = await startServer();
  driver = connect(server.url);
  await run("CREATE TABLE T");
  await run("CREATE INDEX ON T (Name)");
});
afterAll(async () => {
  driver.close();
  await server.close();
  expect(server.logged).toEqual([]);
});

/** One statement in a transaction of its own. */
async function run(statement: string, ...parameters: readonly unknown[]): Promise<dom.Value[]> {
  return (await driver.executeLambda((transaction) => transaction.execute(statement, ...parameters))).getResultList();
}

test("tables: listed, made once, dropped, made again", async () => {
  expect(await driver.getTableNames()).toEqual(["T"]);
  await expect(run("CREATE TABLE T")).rejects.toMatchObject({
    name: "BadRequestException",
    message: expect.stringContaining("Table with name: USER.T already exists"),
  });
  expect(await run("CREATE TABLE Gone")).toHaveLength(1);
  expect(await run("DROP TABLE Gone")).toHaveLength(1);
  expect(await driver.getTableNames()).toEqual(["T"]);
  await run("CREATE TABLE Gone");
  expect((await driver.getTableNames()).sort()).toEqual(["Gone", "T"]);
});

test("an index as the drivers' suites look for it", async () => {
  const [index] = await run("SELECT VALUE indexes[0] FROM information_schema.user_tables WHERE status = 'ACTIVE'AND name = 'T'");
  expect(index?.get("expr")?.stringValue()).toBe("[Name]");
});

test("a ledger that there is not, and a driver that is closed", async () => {
  const other = connect(server.url, { ledger: "nothing" });
  await expect(other.getTableNames()).rejects.toThrow("The Ledger with name nothing is not found");
  other.close();
  await expect(other.getTableNames()).rejects.toThrow("closed");
});

test("a pool of two sessions serves two at once, and one after the other for ever", async () => {
  const narrow = connect(server.url, { concurrent: 2 });
  const one = () => narrow.executeLambda((transaction) => transaction.execute("SELECT 1 FROM T"));
  const results = await Promise.allSettled([one(), one(), one()]);
  expect(results.map(({ status }) => status).sort()).toEqual(["fulfilled", "fulfilled", "rejected"]);
  for (let count = 0; count < 5; count++) await one();
  narrow.close();
});

test("documents: one, several, counted, changed, deleted", async () => {
  expect(await run("INSERT INTO T ?", { Name: "one" })).toHaveLength(1);
  const ids = await run("INSERT INTO T <<?, ?>>", { Name: "two" }, { Name: "three" });
  expect(ids.map((row) => row.get("documentId")?.stringValue())).toEqual([
    expect.stringMatching(/^\w{22}$/),
    expect.stringMatching(/^\w{22}$/),
  ]);
  expect((await run("SELECT COUNT(*) FROM T"))[0]?.get("_1")?.numberValue()).toBe(3);
  const found = await run("SELECT VALUE Name FROM T WHERE Name IN (?,?)", "one", "three");
  expect(found.map((row) => row.stringValue()).sort()).toEqual(["one", "three"]);
  expect(await run("UPDATE T SET Name = ? WHERE Name = ?", "uno", "one")).toHaveLength(1);
  expect(await run('SELECT VALUE Name FROM "T" WHERE Name = ?', "uno")).toHaveLength(1);
  expect(await run("SELECT VALUE Name FROM T WHERE Name = ?", "one")).toHaveLength(0);
  expect(await run("SELECT * FROM history(T) AS h WHERE h.data.Name = ?", "uno")).toHaveLength(1);
  expect(await run("DELETE FROM T")).toHaveLength(3);
  expect((await run("SELECT COUNT(*) FROM T"))[0]?.get("_1")?.numberValue()).toBe(0);
});

const values = [
  ..."true false 0 -1 12345678901234567890123 1.5e0 -0e0 +inf 0. -0. 1.10 -12.3450 1d-20 2020T 2020-02T 2020-02-29".split(" "),
  ...'2020-02-29T12:30Z 2020-02-29T12:30-00:00 2020-02-29T12:30:15.120+05:30 0001-01-01T00:00:00.000Z symbol "text" ""'.split(" "),
  "'a symbol'",
  '"ünïcødé 🙂"',
  "{{aGVsbG8=}}",
  '{{"clob"}}',
  "[1, [two, null.list]]",
  "(a (b) 1)",
  "{a: {b: [1.0, x::y]}, c: null.struct}",
  "outer::inner::5",
  "a::{b: c::[d::1]}",
  ..."null null.bool null.int null.float null.decimal null.timestamp null.symbol null.string null.clob null.blob null.list null.sexp null.struct".split(
    " ",
  ),
];

test.each(values)("comes back as it was sent, inserted and updated: %s", async (text) => {
  const value = load(text);
  if (value === null) throw new Error(`${text} is no Ion`);
  await run("DELETE FROM T");
  await run("INSERT INTO T VALUE {'Name': ?}", value);
  const read = async () => {
    const [row, ...more] = value.isNull()
      ? await run("SELECT VALUE Name FROM T WHERE Name IS NULL")
      : await run("SELECT VALUE Name FROM T WHERE Name = ?", value);
    expect(more).toEqual([]);
    return row;
  };
  expect((await read())?.ionEquals(value)).toBe(true);
  await run("UPDATE T SET Name = ?", 0);
  await run("UPDATE T SET Name = ?", value);
  expect((await read())?.ionEquals(value)).toBe(true);
});

test("results page by page, as a stream and as a list, with their costs", async () => {
  await run("DELETE FROM T");
  for (let index = 0; index < 6; index++) await run("INSERT INTO T VALUE {'Name': ?}", index);
  const statement = "SELECT a.Name FROM T AS a, T AS b, T AS c, T AS d";
  const result = await driver.executeLambda((transaction) => transaction.execute(statement));
  expect(result.getResultList()).toHaveLength(6 ** 4);
  expect(result.getConsumedIOs()?.getReadIOs()).toBe(6 + 6 ** 2 + 6 ** 3 + 6 ** 4);
  expect(result.getTimingInformation()?.getProcessingTimeMilliseconds()).toBeGreaterThan(0);
  const streamed = await driver.executeLambda(async (transaction) => {
    let count = 0;
    for await (const _row of await transaction.executeAndStreamResults(statement)) count++;
    return count;
  });
  expect(streamed).toBe(6 ** 4);
});

test("a conflict is tried again by the driver, until it works", async () => {
  await run("DELETE FROM T");
  await run("INSERT INTO T VALUE {'Name': 'counter', 'n': 0}");
  let tries = 0;
  await driver.executeLambda(async (transaction) => {
    await transaction.execute("UPDATE T SET n = n + 1 WHERE Name = 'counter'");
    if (tries++ === 0) await run("UPDATE T SET n = 10 WHERE Name = 'counter'");
  });
  expect(tries).toBe(2);
  expect((await run("SELECT VALUE n FROM T"))[0]?.numberValue()).toBe(11);
});

test("a conflict that does not end is told, and the session goes on", async () => {
  const impatient = connect(server.url, { retries: 0 });
  const failure = await impatient
    .executeLambda(async (transaction) => {
      await transaction.execute("SELECT * FROM T");
      await run("UPDATE T SET n = 1");
    })
    .catch((error: unknown) => error);
  expect(failure).toMatchObject({ name: "OccConflictException" });
  await expect(impatient.getTableNames()).resolves.toContain("T");
  impatient.close();
});

test("an expired transaction is told as such; the driver goes on with another session", async () => {
  const failure = await driver
    .executeLambda(async (transaction) => {
      await transaction.execute("INSERT INTO T VALUE {'Name': 'late'}");
      server.advance(31_000);
    })
    .catch((error: unknown) => error);
  expect(failure).toMatchObject({ name: "InvalidSessionException", message: expect.stringMatching(/^Transaction \w{22} has expired$/) });
  expect(await run("SELECT * FROM T WHERE Name = 'late'")).toEqual([]);
});

test("aborted by the program: nothing is kept", async () => {
  await expect(
    driver.executeLambda(async (transaction) => {
      await transaction.execute("INSERT INTO T VALUE {'Name': 'aborted'}");
      await transaction.abort();
    }),
  ).rejects.toThrow();
  expect(await run("SELECT * FROM T WHERE Name = 'aborted'")).toEqual([]);
});

test("a request that is too large is an error that the driver knows, and it goes on", async () => {
  const failure = await run("INSERT INTO T ?", { Name: "x".repeat(8 << 20) }).catch((error: unknown) => error);
  expect(failure).toMatchObject({ name: "BadRequestException", message: "a request has at most 8388608 bytes" });
  expect(await run("SELECT * FROM T WHERE Name = 'large'")).toEqual([]);
});
