import { afterAll, beforeAll, expect, test } from "vitest";
import { startServer, type TestServer } from "../server.ts";
import { RawSession } from "./client.ts";

// A million combinations of rows: far more than a statement may look at before others have their turn.
const long = "SELECT COUNT(*) FROM T AS a, T AS b, T AS c";
let server: TestServer;

beforeAll(async () => {
  server = await startServer();
  const setup = await RawSession.start(server.url);
  await setup.run("CREATE TABLE T");
  const documents = Array.from({ length: 25 }, (_, n) => `{'n': ${n}}`).join(", ");
  for (let count = 0; count < 4; count++) await setup.run(`INSERT INTO T << ${documents} >>`);
});
afterAll(() => server.close());

test("others are answered while a long statement runs, and it ends with the right result", async () => {
  const [slow, quick] = [await RawSession.start(server.url), await RawSession.start(server.url)];
  const order: string[] = [];
  const counted = slow.run(long).then((rows) => {
    order.push("long");
    return rows;
  });
  for (let count = 0; count < 3; count++) {
    expect(await quick.run("SELECT VALUE n FROM T WHERE n = 7")).toHaveLength(4);
    order.push("short");
  }
  expect(await counted).toEqual(["{_1:1000000}"]);
  expect(order).toEqual(["short", "short", "short", "long"]);
});

test("an abort ends the statement that is running, and the session goes on", async () => {
  const session = await RawSession.start(server.url);
  const transaction = await session.begin();
  const refused = expect(transaction.execute(long)).rejects.toThrow(
    `Transaction ${transaction.id} was ended while a statement was running`,
  );
  await session.command("AbortTransaction", {});
  await refused;
  expect(await session.run("SELECT COUNT(*) FROM T")).toEqual(["{_1:100}"]);
});

test("a session does one thing at a time, in the order it was asked", async () => {
  const session = await RawSession.start(server.url);
  const transaction = await session.begin();
  const order: string[] = [];
  const [first, second] = [transaction.execute(long), transaction.execute("SELECT VALUE 1 FROM <<0>>")];
  await Promise.all([first.then(() => order.push("first")), second.then(() => order.push("second"))]);
  expect(order).toEqual(["first", "second"]);
  await transaction.commit();
});

test("a change that came while a table was read makes the transaction fail", async () => {
  const [reader, writer] = [await RawSession.start(server.url), await RawSession.start(server.url)];
  const transaction = await reader.begin();
  const reading = transaction.execute(long);
  await writer.run("INSERT INTO T {'n': 1000}");
  await reading;
  await expect(transaction.commit()).rejects.toMatchObject({ type: "OccConflictException" });
  await writer.run("DELETE FROM T WHERE n = 1000");
});
