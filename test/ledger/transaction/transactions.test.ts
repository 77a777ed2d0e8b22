import { afterEach, beforeEach, expect, test } from "vitest";
import { struct, text } from "../../../ledger/ion/value.ts";
import { startServer, type TestServer } from "../server.ts";
import { RawSession, type RawTransaction } from "../session/client.ts";

let server: TestServer;
let a: RawSession;
let b: RawSession;
beforeEach(async () => {
  server = await startServer();
  [a, b] = [await RawSession.start(server.url), await RawSession.start(server.url)];
  await a.run("CREATE TABLE T", "CREATE INDEX ON T (id)", "CREATE TABLE U");
  await a.run("INSERT INTO T << {'id': 1, 'v': 0}, {'id': 2, 'v': 0}, {'id': 3, 'v': 0} >>");
});
afterEach(async () => {
  await server.close();
  expect(server.logged).toEqual([]);
});

const conflict = { type: "OccConflictException", message: "Optimistic concurrency control failure" };

/** One transaction reads, another commits a change meanwhile: does the first one conflict at its commit? */
async function conflicts(reading: string, changing: string, ...more: readonly string[]): Promise<boolean> {
  const reader = await a.begin();
  await reader.execute(reading);
  await b.run(changing, ...more);
  try {
    await reader.commit();
    return false;
  } catch (error) {
    expect(error).toMatchObject(conflict);
    return true;
  }
}

test("a transaction reads its own writes; others do not, until it commits", async () => {
  const own = await a.begin();
  await own.execute("INSERT INTO T ?", "{id: 4, v: 1}");
  await own.execute("UPDATE T SET v = 9 WHERE id = 1");
  await own.execute("DELETE FROM T WHERE id = 2");
  const visible = "SELECT VALUE [t.id, t.v] FROM T AS t";
  expect(await own.execute(visible)).toEqual(["[1,9]", "[3,0]", "[4,1]"]);
  expect(await own.execute("SELECT VALUE v FROM T WHERE id = 4")).toEqual(["1"]);
  expect(await own.execute("SELECT VALUE v FROM T WHERE id = 2")).toEqual([]);
  expect(await own.execute("SELECT VALUE c.metadata.version FROM _ql_committed_T AS c WHERE c.data.id = 1")).toEqual(["1"]);
  expect(await b.run(visible)).toEqual(["[1,0]", "[2,0]", "[3,0]"]);
  await own.commit();
  expect(await b.run(visible)).toEqual(["[1,9]", "[3,0]", "[4,1]"]);
});

test("an index that the transaction itself has made is used before it is committed", async () => {
  const own = await a.begin();
  await own.execute("CREATE INDEX ON T (v)");
  await own.execute("INSERT INTO T ?", "{id: 4, v: 0}");
  expect(await own.execute("SELECT VALUE id FROM T WHERE v = 0")).toEqual(["1", "2", "3", "4"]);
  await own.commit();
  expect(await a.run("SELECT VALUE id FROM T WHERE v = 0")).toEqual(["1", "2", "3", "4"]);
});

test("aborted: nothing of it is left", async () => {
  const own = await a.begin();
  await own.execute("DELETE FROM T");
  await own.execute("CREATE TABLE V");
  await a.command("AbortTransaction", {});
  expect(await a.run("SELECT COUNT(*) AS n FROM T")).toEqual(["{n:3}"]);
  await expect(a.run("SELECT * FROM V")).rejects.toThrow("No such variable");
});

test.each([
  ["a document that was read by index", "SELECT * FROM T WHERE id = 1", "UPDATE T SET v = 1 WHERE id = 1", true],
  ["a document that was read by index, deleted", "SELECT * FROM T WHERE id = 1", "DELETE FROM T WHERE id = 1", true],
  ["another document than the one read by index", "SELECT * FROM T WHERE id = 1", "UPDATE T SET v = 1 WHERE id = 2", false],
  ["a document that moved into what was read", "SELECT * FROM T WHERE id = 1", "UPDATE T SET id = 1 WHERE id = 2", true],
  ["a document that moved out of what was read", "SELECT * FROM T WHERE id = 1", "UPDATE T SET id = 7 WHERE id = 1", true],
  ["a phantom: a key that was not there when it was read", "SELECT * FROM T WHERE id = 9", "INSERT INTO T VALUE {'id': 9}", true],
  ["a new document of another key", "SELECT * FROM T WHERE id = 9", "INSERT INTO T VALUE {'id': 8}", false],
  ["a scan, and any change of the table", "SELECT * FROM T WHERE v = 5", "UPDATE T SET v = 1 WHERE id = 2", true],
  ["a scan, and an insert", "SELECT COUNT(*) FROM T", "INSERT INTO T VALUE {'id': 8}", true],
  ["a count, and a deletion", "SELECT COUNT(*) FROM T", "DELETE FROM T WHERE id = 2", true],
  ["a count, and a change that leaves it as it is", "SELECT COUNT(*) FROM T", "UPDATE T SET v = 1 WHERE id = 2", true],
  ["a count of the committed view", "SELECT COUNT(*) FROM _ql_committed_T", "UPDATE T SET v = 1 WHERE id = 2", true],
  ["a count of another table", "SELECT COUNT(*) FROM U", "UPDATE T SET v = 1 WHERE id = 2", false],
  ["a scan of another table", "SELECT * FROM U", "UPDATE T SET v = 1", false],
  ["its history", "SELECT * FROM history(T) AS h", "UPDATE T SET v = 1 WHERE id = 2", true],
  ["the committed view, by index", "SELECT * FROM _ql_committed_T AS c WHERE c.data.id = 1", "UPDATE T SET v = 1 WHERE id = 2", false],
  ["a table that is dropped", "SELECT * FROM U", "DROP TABLE U", true],
  ["a table that gets an index", "SELECT * FROM U", "CREATE INDEX ON U (x)", true],
  ["the catalog, and a new table", "SELECT * FROM information_schema.user_tables", "CREATE TABLE V", true],
  ["the catalog, and a new document", "SELECT * FROM information_schema.user_tables", "INSERT INTO U VALUE {'id': 1}", false],
  ["a write of the same document", "UPDATE T SET v = 5 WHERE id = 1", "UPDATE T SET v = 6 WHERE id = 1", true],
  ["inserts only", "INSERT INTO T VALUE {'id': 10}", "INSERT INTO T VALUE {'id': 11}", false],
])("conflict or not: %s", async (_what, reading, changing, expected) => {
  expect(await conflicts(reading, changing)).toBe(expected);
});

test("two transactions that make the same table: one of them conflicts", async () => {
  const [first, second] = [await a.begin(), await b.begin()];
  await first.execute("CREATE TABLE Same");
  await second.execute("CREATE TABLE Same");
  await first.commit();
  await expect(second.commit()).rejects.toMatchObject(conflict);
});

test("what was read after the other's commit does not conflict", async () => {
  const reader = await a.begin();
  await reader.execute("SELECT * FROM U");
  await b.run("UPDATE T SET v = 1");
  expect(await reader.execute("SELECT VALUE v FROM T")).toEqual(["1", "1", "1"]);
  await reader.commit();
});

test("a conflict leaves nothing, and the session goes on without an abort", async () => {
  const reader = await a.begin();
  await reader.execute("SELECT * FROM T");
  await reader.execute("INSERT INTO U VALUE {'id': 1}");
  await b.run("UPDATE T SET v = 1 WHERE id = 2");
  await expect(reader.commit()).rejects.toMatchObject(conflict);
  expect(await a.run("SELECT * FROM U")).toEqual([]);
});

test("write skew does not happen: of two that read both and write one each, one conflicts", async () => {
  const [first, second] = [await a.begin(), await b.begin()];
  for (const each of [first, second]) await each.execute("SELECT * FROM T WHERE id IN (1, 2)");
  await first.execute("UPDATE T SET v = 1 WHERE id = 1");
  await second.execute("UPDATE T SET v = 1 WHERE id = 2");
  await first.commit();
  await expect(second.commit()).rejects.toMatchObject(conflict);
});

test("counters: concurrent increments are never lost", async () => {
  const add = async () => {
    const session = await RawSession.start(server.url);
    for (let done = 0; done < 10; ) {
      const transaction = await session.begin();
      await transaction.execute("UPDATE T SET v = v + 1 WHERE id = 1");
      const failed = await transaction.commit().then(
        () => false,
        () => true,
      );
      if (!failed) done++;
    }
  };
  await Promise.all([add(), add(), add(), add()]);
  expect(await a.run("SELECT VALUE v FROM T WHERE id = 1")).toEqual(["40"]);
});

test("after 30 s a transaction has expired, and so has its session", async () => {
  const late = await a.begin();
  await late.execute("INSERT INTO U VALUE {'id': 1}");
  server.advance(30_001);
  const expired = { type: "InvalidSessionException", message: `Transaction ${late.id} has expired` };
  await expect(late.commit()).rejects.toMatchObject(expired);
  await expect(a.command("AbortTransaction", {})).rejects.toMatchObject(expired);
  await expect(a.begin()).rejects.toMatchObject(expired);
  expect(await b.run("SELECT * FROM U")).toEqual([]);
});

test("swept: an old transaction is over before anyone asks", async () => {
  const late = await a.begin();
  server.advance(30_001);
  server.sessions.sweep();
  await expect(late.execute("SELECT * FROM T")).rejects.toMatchObject({ message: `Transaction ${late.id} has expired` });
});

test("just before 30 s it still commits", async () => {
  const late = await a.begin();
  await late.execute("INSERT INTO U VALUE {'id': 1}");
  server.advance(29_000);
  await late.commit();
});

test("an idle session expires", async () => {
  server.advance(17 * 60_000 + 1);
  await expect(a.begin()).rejects.toMatchObject({
    type: "InvalidSessionException",
    message: expect.stringMatching(/^Session \w{22} has expired$/),
  });
  await expect(a.begin()).rejects.toMatchObject({ type: "InvalidSessionException", message: "No such session" });
});

test("a second start is refused and leaves the open transaction as it is; after an abort there is room", async () => {
  const first = await a.begin();
  await first.execute("INSERT INTO U VALUE {'id': 1}");
  await expect(a.begin()).rejects.toMatchObject({ type: "BadRequestException", message: "Transaction already open" });
  await first.commit();
  const second = await a.begin();
  await second.execute("INSERT INTO U VALUE {'id': 2}");
  await a.command("AbortTransaction", {});
  await expect(second.commit()).rejects.toMatchObject({ type: "BadRequestException" });
  const third = await a.begin();
  await third.execute("INSERT INTO U VALUE {'id': 3}");
  await third.commit();
  expect(await b.run("SELECT VALUE id FROM U")).toEqual(["1", "3"]);
});

test("a statement that fails half-way leaves no change; those before and after count", async () => {
  const transaction = await a.begin();
  await transaction.execute("INSERT INTO U VALUE {'id': 1}");
  await expect(transaction.execute("UPDATE T SET v = 1 / (id - 2)")).rejects.toThrow("division by zero");
  await expect(transaction.execute("INSERT INTO U <<{'id': 2}, 5>>")).rejects.toThrow("struct");
  await expect(transaction.execute("NONSENSE")).rejects.toThrow("Parser Error");
  await transaction.execute("INSERT INTO U VALUE {'id': 3}");
  await transaction.commit();
  expect(await b.run("SELECT VALUE v FROM T")).toEqual(["0", "0", "0"]);
  expect(await b.run("SELECT VALUE id FROM U")).toEqual(["1", "3"]);
});

test("40 documents in a transaction, not 41", async () => {
  const transaction = await a.begin();
  for (let count = 0; count < 39; count++) await transaction.execute("INSERT INTO U VALUE {'id': 1}");
  await expect(transaction.execute("INSERT INTO U <<{'id': 2}, {'id': 3}>>")).rejects.toThrow("exceeds the limit of 40");
  await transaction.execute("INSERT INTO U VALUE {'id': 1}");
  await expect(transaction.execute("UPDATE T SET v = 1 WHERE id = 1")).rejects.toThrow("exceeds the limit of 40");
  await transaction.execute("UPDATE U SET id = 5");
  await transaction.commit();
  expect(await b.run("SELECT COUNT(*) AS n FROM U WHERE id = 5")).toEqual(["{n:40}"]);
});

test("a document of 128 KB, not more; a transaction of 4 MB, not more", async () => {
  const large = (size: number) => struct({ text: text("x".repeat(size)) });
  const transaction = await a.begin();
  await transaction.execute("INSERT INTO U ?", large(127 << 10));
  await expect(transaction.execute("INSERT INTO U ?", large(128 << 10))).rejects.toThrow("exceeds the limit of 131072 bytes");
  for (let count = 0; count < 32; count++) await transaction.execute("INSERT INTO U ?", large(127 << 10));
  await expect(transaction.commit()).rejects.toThrow("allowed are 4194304");
  expect(await a.run("SELECT COUNT(*) AS n FROM U")).toEqual(["{n:0}"]);
});

test("a document cannot grow deeper than it can be read again", async () => {
  const deep = `${"[".repeat(400)}${"]".repeat(400)}`;
  await a.run("INSERT INTO U VALUE {'id': 1}");
  const transaction = await a.begin();
  await transaction.execute("UPDATE U SET a = [?]", deep);
  await expect(transaction.execute("UPDATE U SET a = [a, {'b': ?, 'c': [[a]]}]", `[[${deep}]]`)).resolves.toHaveLength(1);
  let inner = "a";
  for (let count = 0; count < 110; count++) inner = `[${inner}]`;
  await expect(transaction.execute(`UPDATE U SET a = ${inner}`)).rejects.toThrow("exceeds the limit of 500");
  await transaction.commit();
});

test("inserted and deleted by the same transaction: nothing ever was", async () => {
  await a.run("INSERT INTO U VALUE {'id': 1}", "DELETE FROM U");
  expect(await a.run("SELECT * FROM history(U) AS h")).toEqual([]);
});

test("the commit digest is checked", async () => {
  const transaction: RawTransaction = await a.begin();
  await transaction.execute("INSERT INTO U VALUE {'id': 1}");
  await expect(transaction.commit(Buffer.alloc(32))).rejects.toMatchObject({
    type: "BadRequestException",
    message: `Commit digest does not match for transaction ${transaction.id}`,
  });
  expect(await a.run("SELECT * FROM U")).toEqual([]);
});

test("a ledger that is deleted ends its sessions and harms no other", async () => {
  await server.registry.create({ name: "other", permissionsMode: "STANDARD", deletionProtection: false, tags: {} });
  const session = await RawSession.start(server.url, "other");
  const transaction = await session.begin();
  await transaction.execute("CREATE TABLE X");
  await server.registry.delete("other");
  await expect(transaction.commit()).rejects.toMatchObject({ type: "InvalidSessionException" });
  await a.run("INSERT INTO U VALUE {'id': 1}");
});
