import { cp, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { QldbDriver } from "amazon-qldb-driver-nodejs";
import { afterEach, beforeEach, expect, test } from "vitest";
import { LedgerHttp } from "../../../ledger/client/http.ts";
import { Registry } from "../../../ledger/control/registry.ts";
import { connect, place, startServer, type TestServer } from "../server.ts";
import { RawSession } from "../session/client.ts";

let server: TestServer;
let driver: QldbDriver;
let http: LedgerHttp;
beforeEach(async () => {
  server = await startServer();
  driver = connect(server.url);
  http = new LedgerHttp(server.url, "");
});
afterEach(async () => {
  driver.close();
  await server.close();
  expect(server.logged).toEqual([]);
});

const ask = (operation: string, body: Record<string, unknown> = {}) => http.control("POST", `/nitro/ledgers/demo/${operation}`, body);
const rows = async (statement: string) =>
  (await driver.executeLambda(async (transaction) => (await transaction.execute(statement)).getResultList())).map((row) => String(row));

async function fill(): Promise<void> {
  await driver.executeLambda(async (transaction) => {
    await transaction.execute("CREATE TABLE payments");
    await transaction.execute("CREATE INDEX ON payments (id)");
    await transaction.execute('CREATE INDEX ON payments ("two ""words""")');
  });
  await driver.executeLambda((transaction) => transaction.execute("CREATE TABLE dropped"));
  await driver.executeLambda((transaction) => transaction.execute("DROP TABLE dropped"));
  for (const id of [1, 2, 3]) await driver.executeLambda((transaction) => transaction.execute(`INSERT INTO payments {'id': ${id}}`));
}

const fields = async () =>
  (await rows("SELECT i.expr FROM information_schema.user_tables AS t, t.indexes AS i WHERE t.status = 'ACTIVE'")).sort();

test("reset leaves the active tables with their indexes, and nothing else; drivers go on", async () => {
  await fill();
  const before = await fields();
  expect(before).toHaveLength(2);
  const strand = server.registry.describe("demo")?.strandId;
  expect(await ask("reset")).toEqual({ Tables: 1, Documents: 3 });
  expect(await rows("SELECT * FROM payments")).toEqual([]);
  expect(await rows("SELECT * FROM history(payments)")).toEqual([]);
  expect(await rows("SELECT VALUE name FROM information_schema.user_tables")).toEqual(["payments"]);
  expect(await fields()).toEqual(before);
  await driver.executeLambda((transaction) => transaction.execute("INSERT INTO payments {'id': 4}"));
  expect(await rows("SELECT VALUE id FROM payments WHERE id = 4")).toEqual(["4"]);
  expect(server.registry.describe("demo")?.strandId).not.toBe(strand);
});

test("a transaction that a reset meets is not committed, and is tried again from its beginning", async () => {
  await fill();
  const session = await RawSession.start(server.url);
  const open = await session.begin();
  await open.execute("INSERT INTO payments {'id': 5}");
  await ask("hold", { Milliseconds: 60_000 });
  const held = open.commit();
  held.catch(() => undefined);
  await ask("reset");
  await expect(held).rejects.toMatchObject({ type: "InvalidSessionException" });
  expect(await rows("SELECT * FROM payments")).toEqual([]);
});

test("a copy of the journal up to a hold's end takes the ledger's place, also after a crash in between", async () => {
  await fill();
  const { JournalEnd: end } = (await ask("hold", { Milliseconds: 60_000 })) as { JournalEnd: number };
  const meanwhile = driver.executeLambda((transaction) => transaction.execute("INSERT INTO payments {'id': 6}"));
  const [folder, next] = [join(server.folder, "demo"), join(server.folder, "demo.next")];
  await cp(folder, next, { recursive: true });
  await writeFile(join(next, "journal"), (await readFile(join(folder, "journal"))).subarray(0, end));
  await ask("hold", { Milliseconds: 0 });
  await meanwhile;
  expect(await rows("SELECT VALUE id FROM payments")).toEqual(["1", "2", "3", "6"]);
  await cp(next, join(server.folder, "kept"), { recursive: true });
  await ask("replace");
  expect(await rows("SELECT VALUE id FROM payments")).toEqual(["1", "2", "3"]);
  await driver.executeLambda((transaction) => transaction.execute("INSERT INTO payments {'id': 7}"));
  // A crash behind the first of two renames.
  await server.registry.close();
  await rename(join(server.folder, "kept"), join(server.folder, "demo.replacing"));
  const surroundings = { now: Date.now, log: () => undefined, onFailure: () => undefined };
  const registry = await Registry.open(server.folder, place, surroundings);
  expect(registry.ledger("demo")?.store.sequenceNo).toBe(5);
  await registry.close();
});

test("what is damaged, or of another ledger, takes nobody's place", async () => {
  await fill();
  const next = join(server.folder, "demo.next");
  await expect(ask("replace")).rejects.toThrow("has no description of ledger demo");
  await cp(join(server.folder, "demo"), next, { recursive: true });
  const journal = await readFile(join(next, "journal"));
  journal[journal.length - 400] = (journal[journal.length - 400] ?? 0) ^ 1;
  await writeFile(join(next, "journal"), journal);
  await expect(ask("replace")).rejects.toThrow("journal");
  await expect(ask("hold", { Milliseconds: -1 })).rejects.toThrow("Milliseconds is -1: allowed are 0 to 3600000");
  await expect(http.control("POST", "/nitro/ledgers/other/reset", {})).rejects.toThrow("Ledger with name other does not exist");
  expect(await rows("SELECT VALUE id FROM payments")).toEqual(["1", "2", "3"]);
});

test("commits are answered with conflicts, which end by themselves", async () => {
  await fill();
  await ask("conflict", { Milliseconds: 60_000 });
  const once = connect(server.url, { retries: 1 });
  await expect(once.executeLambda((transaction) => transaction.execute("SELECT * FROM payments"))).rejects.toMatchObject({
    name: "OccConflictException",
  });
  await ask("conflict", { Milliseconds: 100 });
  const patient = connect(server.url, { retries: 100 });
  await patient.executeLambda((transaction) => transaction.execute("INSERT INTO payments {'id': 8}"));
  expect(await rows("SELECT VALUE id FROM payments WHERE id = 8")).toEqual(["8"]);
  once.close();
  patient.close();
});
