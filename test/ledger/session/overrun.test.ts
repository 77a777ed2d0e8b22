import { afterAll, beforeAll, expect, test } from "vitest";
import { connect, startServer, type TestServer } from "../server.ts";
import { RawSession } from "./client.ts";

let server: TestServer;
beforeAll(async () => {
  server = await startServer();
  await (await RawSession.start(server.url)).run("CREATE TABLE T");
});
afterAll(() => server.close());

// Far more rows than are looked at before the clock is moved.
const numbers = `<<${Array.from({ length: 300 }, (_, index) => index).join(", ")}>>`;
const endless = `SELECT COUNT(*) FROM ${numbers} AS a, ${numbers} AS b, ${numbers} AS c, ${numbers} AS d`;
const ended = (id: string) => ({
  type: "BadRequestException",
  message: `the statement was ended: its transaction ${id} is older than 30 s`,
});

test("a statement that takes longer than its transaction may ends alone, and its session goes on", async () => {
  const session = await RawSession.start(server.url);
  const transaction = await session.begin();
  await transaction.execute("INSERT INTO T VALUE {'id': 1}");
  const refused = expect(transaction.execute(endless)).rejects.toMatchObject(ended(transaction.id));
  // The statement is under way once another request was answered behind it.
  await RawSession.start(server.url);
  server.advance(30_001);
  server.sessions.sweep();
  await refused;
  await expect(transaction.commit()).rejects.toMatchObject({ type: "BadRequestException" });
  await session.command("AbortTransaction", {});
  expect(await session.run("SELECT * FROM T")).toEqual([]);
});

test("the driver is told, does not try again, and goes on", async () => {
  const driver = connect(server.url);
  let tries = 0;
  const failure = driver.executeLambda(async (transaction) => {
    tries++;
    const running = transaction.execute(endless);
    await RawSession.start(server.url);
    server.advance(30_001);
    await running;
  });
  await expect(failure).rejects.toMatchObject({ name: "BadRequestException" });
  expect(tries).toBe(1);
  expect(await driver.getTableNames()).toEqual(["T"]);
  driver.close();
});
