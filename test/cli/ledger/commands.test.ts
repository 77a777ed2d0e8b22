import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { commands } from "../../../cli/core/commands.ts";
import { resolve } from "../../../cli/core/resolve.ts";
import { usage } from "../../../cli/core/usage.ts";
import { ledgerCommands } from "../../../cli/ledger/commands.ts";
import { UsageError } from "../../../common/errors.ts";
import { Registry } from "../../../ledger/control/registry.ts";
import { headerSize } from "../../../ledger/journal/header.ts";
import { runIn } from "../../ledger/run-in.ts";
import { place, startServer, type TestServer } from "../../ledger/server.ts";
import { runLedger } from "./run.ts";

let server: TestServer;
let endpoint: string[];
let id: string;

beforeAll(async () => {
  server = await startServer();
  endpoint = ["--endpoint", server.url];
  for (const statement of ["CREATE TABLE Payments", "CREATE TABLE Old", "DROP TABLE Old", "CREATE INDEX ON Payments (n)"])
    await runLedger(["query", statement, ...endpoint]);
  const inserted = await runLedger(["query", "INSERT INTO Payments {'n': 1, 'amount': `1.50`}", ...endpoint, "--json"]);
  [{ documentId: id }] = JSON.parse(inserted.stdout) as [{ documentId: string }];
  await runLedger(["query", "INSERT INTO Payments ?", "{n: 2, day: 2020-01-01T}", ...endpoint]);
});

afterAll(async () => {
  await server.close();
  expect(server.logged).toEqual([]);
});

const screen = async (...args: string[]) => stripVTControlCharacters((await runLedger([...args, ...endpoint], { tty: true })).stdout);
const pipe = async (...args: string[]) => (await runLedger([...args, ...endpoint])).stdout;

test.each(Object.keys(ledgerCommands))("%s has a file, a summary and a usage of its own", async (name) => {
  const resolved = await resolve(commands, ["ledger", name]);
  expect(usage(resolved)).toMatch(new RegExp(`^usage: nitro ledger ${name}\\b`, "m"));
  expect(resolved.entry.summary).not.toBe("");
});

test("query: a table on a terminal, Ion in a pipe, JSON where asked for", async () => {
  const statement = "SELECT n, amount FROM Payments";
  expect(await screen("query", statement)).toBe("n  amount\n1  1.50\n2\n2 rows\n");
  expect(await pipe("query", statement)).toBe("{n:1,amount:1.50}\n{n:2}\n");
  expect(await pipe("query", statement, "--json")).toBe('[\n{"n":1,"amount":1.50},\n{"n":2}\n]\n');
});

test("query: parameters are Ion, the statement may come from standard input", async () => {
  expect(await pipe("query", 'SELECT n FROM Payments WHERE "day" = ? AND n IN (?, ?)', "2020-01-01T", "2", "3")).toBe("{n:2}\n");
  const { stdout } = await runLedger(["query", "-", ...endpoint], { stdin: "SELECT VALUE n\nFROM Payments\n" });
  expect(stdout).toBe("1\n2\n");
  await expect(runLedger(["query", "SELECT 1", "{", ...endpoint])).rejects.toThrow(/^parameter 1 is \{: allowed is one Ion value/);
  const long = `"${"x".repeat(110_000)}"`;
  expect(await pipe("query", "SELECT VALUE CHAR_LENGTH(?) FROM <<0>>", long)).toBe("110000\n");
  await expect(runLedger(["query", "SELECT 1", long.slice(1), ...endpoint])).rejects.toThrow(/^parameter 1 is x{100}…: allowed/);
});

test("query: results of many pages come whole", async () => {
  const values = `<<${Array.from({ length: 20 }, (_, index) => index).join(", ")}>>`;
  const rows = await pipe("query", `SELECT p.n, a, b FROM Payments AS p, ${values} AS a, ${values} AS b`);
  expect(rows.trimEnd().split("\n")).toHaveLength(2 * 20 * 20);
});

test("query: a refusal is QLDB's message with a caret below the place", async () => {
  await expect(runLedger(["query", "SELECT * FROM Payment", ...endpoint])).rejects.toMatchObject({
    type: "BadRequestException",
    message: "Semantic Error: at line 1, column 15: No such variable named 'Payment'",
    hint: `SELECT * FROM Payment\n${" ".repeat(16)}^`,
  });
  await expect(runLedger(["query", "CREATE TABLE Payments", ...endpoint])).rejects.toThrow("already exists");
});

test("tables: names, ids, documents, indexes; dropped ones last", async () => {
  expect(await screen("tables")).toMatch(
    /^table +id +status +documents +indexes\nPayments +\w{22} +ACTIVE +2 +n\nOld +\w{22} +INACTIVE +-\n$/,
  );
  expect(JSON.parse(await pipe("tables", "--json"))).toMatchObject([
    { name: "Payments", status: "ACTIVE", documents: 2, indexes: ["n"] },
    { name: "Old", status: "INACTIVE", indexes: [] },
  ]);
  expect(await pipe("tables")).toMatch(/^\{name:"Payments",id:"\w{22}",status:"ACTIVE",documents:2,indexes:\["n"\]\}\n/);
});

test("history: every revision, a deletion too, by the table's name or id", async () => {
  const inserted = JSON.parse(await pipe("query", "INSERT INTO Payments {'n': 7}", "--json")) as [{ documentId: string }];
  const [{ documentId }] = inserted;
  await pipe("query", "UPDATE Payments SET m = 'x' WHERE n = 7");
  await pipe("query", "DELETE FROM Payments WHERE n = 7");
  expect(await screen("history", "Payments", documentId)).toMatch(
    /^version +time +transaction +data\n0 .* \{n:7\}\n1 .* \{n:7,m:"x"\}\n2 .* \(deleted\)\n3 revisions\n$/,
  );
  const rows = (await pipe("history", "Payments", documentId)).trimEnd().split("\n");
  expect(rows).toHaveLength(3);
  expect(rows[0]).toMatch(/^\{version:0,time:\S+Z,txId:"\w{22}",data:\{n:7\}\}$/);
  const [{ id: tableId }] = JSON.parse(await pipe("tables", "--json")) as [{ id: string }];
  expect(await pipe("history", tableId, documentId)).toBe(`${rows.join("\n")}\n`);
});

test("history: an unknown table or document is named", async () => {
  await expect(pipe("history", "Paymnets", id)).rejects.toMatchObject({
    message: 'there is no table "Paymnets"',
    hint: "did you mean Payments? there are Payments, Old",
  });
  await expect(pipe("history", "Payments", "nothing")).rejects.toThrow("table Payments never had a document nothing");
});

test("explain: equality and IN on an indexed field, and ids, never scan", async () => {
  const plan = async (statement: string) => JSON.parse(await pipe("explain", statement, "--json")) as object[];
  const index = { source: "Payments", access: "index on n" };
  for (const statement of [
    "SELECT * FROM Payments WHERE n = ?",
    "SELECT * FROM Payments AS p WHERE p.n IN (?, ?) AND p.m > 1",
    "UPDATE Payments SET m = 1 WHERE n = 5",
    "DELETE FROM Payments WHERE n IN (1, 2)",
    "FROM Payments AS p WHERE p.n = 1 SET p.m = 2",
  ]) {
    expect(await plan(statement), statement).toEqual([index]);
  }
  expect(await plan("SELECT * FROM Payments BY id WHERE id = ?")).toEqual([{ source: "Payments", access: "document id" }]);
  expect(await plan("SELECT * FROM Payments AS a, Payments AS b WHERE a.m = 1 AND b.n = a.m")).toEqual([
    { source: "Payments", access: "scan" },
    index,
  ]);
  expect(await plan("INSERT INTO Payments ?")).toEqual([]);
  expect(await screen("explain", "SELECT * FROM Payments")).toBe("source    access\nPayments  scan: every document\n");
  await expect(pipe("explain", "SELECT * FROM Payment")).rejects.toMatchObject({ hint: `SELECT * FROM Payment\n${" ".repeat(16)}^` });
});

test("explain: subqueries come last, each once", async () => {
  const statement = "SELECT p.n, COUNT(*) FROM Payments AS p WHERE p.n IN (SELECT VALUE o FROM p.list AS o WHERE o = 1)";
  expect(JSON.parse(await pipe("explain", statement, "--json"))).toEqual([
    { source: "Payments", access: "scan" },
    { source: "values", access: "values" },
  ]);
});

test("query --explain runs nothing and says whose rules a statement follows", async () => {
  const rows = (await pipe("query", "UPDATE Payments SET never = 1", "--explain")).trimEnd().split("\n");
  expect(rows).toContain('{follows:"report",rule:"an UPDATE answers a row for each assignment"}');
  expect(await pipe("query", "SELECT n FROM Payments WHERE never = 1")).toBe("");
});

test("query: a conflict is tried again, and no change is lost", async () => {
  await pipe("query", "INSERT INTO Payments {'n': 50, 'times': 0}");
  await Promise.all(Array.from({ length: 3 }, () => pipe("query", "UPDATE Payments SET times = times + 1 WHERE n = 50")));
  expect(await pipe("query", "SELECT VALUE times FROM Payments WHERE n = 50")).toBe("3\n");
  await pipe("query", "DELETE FROM Payments WHERE n = 50");
});

test("no command leaves a session behind, whatever becomes of it", async () => {
  const [started, ended] = [vi.spyOn(server.sessions, "start"), vi.spyOn(server.sessions, "end")];
  await pipe("tables");
  await pipe("query", "SELECT n FROM Payments");
  await pipe("history", "Payments", id);
  await pipe("verify");
  await expect(pipe("query", "SELECT")).rejects.toThrow("Parser Error");
  expect(started).toHaveBeenCalledTimes(5);
  expect(ended).toHaveBeenCalledTimes(5);
});

test("a statement that is explained changes nothing", async () => {
  const before = await pipe("query", "SELECT * FROM _ql_committed_Payments");
  await pipe("explain", "DELETE FROM Payments");
  expect(await pipe("query", "SELECT * FROM _ql_committed_Payments")).toBe(before);
});

test("which ledger: the only one of an endpoint, else the one that is named", async () => {
  await server.registry.create({ name: "second", permissionsMode: "STANDARD", deletionProtection: false, tags: {} });
  await expect(pipe("tables")).rejects.toMatchObject({
    message: `${server.url} has several ledgers: demo, second`,
    hint: "say which: --ledger demo",
  });
  expect(await screen("tables", "--ledger", "second")).toContain("there are no tables yet");
  const piped = await runLedger(["tables", "--ledger", "second", ...endpoint]);
  expect(piped).toMatchObject({ code: 0, stdout: "", stderr: expect.stringMatching(/^there are no tables yet.*\n$/) });
  const json = await runLedger(["tables", "--ledger", "second", "--json", ...endpoint]);
  expect(json).toEqual({ code: 0, stdout: "[]\n", stderr: "" });
  const there = { hint: "there are demo, second: --ledger demo" };
  await expect(pipe("tables", "--ledger", "third")).rejects.toMatchObject({ message: "The Ledger with name third is not found", ...there });
  for (const args of [["explain", "SELECT 1"], ["verify"], ["export", "--s3-endpoint", server.url]])
    await expect(pipe(...args, "--ledger", "third")).rejects.toMatchObject({
      message: expect.stringMatching(/ledger with name third/i),
      ...there,
    });
  await server.registry.delete("second");
});

test.each([
  [["query"], "the statement is missing"],
  [["query", "SELECT 1", "-s", "a", "--endpoint", "http://127.0.0.1:1"], "-s and --endpoint name two ledgers"],
  [["verify", "-s", "a", "--dir", "d"], "-s and --dir name two ledgers: give one of them"],
  [["verify", "--dir", "d", "--endpoint", "http://127.0.0.1:1"], "--endpoint and --dir name two ledgers: give one of them"],
  [["verify", "--dir", "d", "--ledger", "demo"], "--dir verifies every ledger of the folder: leave --ledger away"],
  [["verify", "--dir", "d", "abc"], "--dir verifies whole ledgers: leave the id away"],
  [["query", "SELECT 1", "--endpoint", "127.0.0.1:8182"], '--endpoint is "127.0.0.1:8182": allowed is an address'],
  [["explain"], "the statement is missing"],
  [["history", "T"], "the document's id is missing"],
  [["history"], "the table is missing"],
  [["tables", "T"], 'unexpected argument "T"'],
  [["tables", "--colour"], "Unknown option '--colour'"],
])("%j is told what is wrong", async (args, message) => {
  const call = runLedger(args);
  await expect(call).rejects.toThrow(UsageError);
  await expect(call).rejects.toThrow(message);
});

test("an endpoint where nothing answers, or no ledger does", async () => {
  const closed = await startServer();
  await closed.close();
  await expect(runLedger(["tables", "--endpoint", closed.url])).rejects.toMatchObject({
    message: `nothing answers at ${closed.url} (ECONNREFUSED)`,
    hint: expect.stringContaining("./nitro ledger serve"),
  });
  const stranger = createServer((_request, response) => response.end("<html>hello</html>"));
  await new Promise<void>((resolve) => stranger.listen(0, "127.0.0.1", resolve));
  const { port } = stranger.address() as AddressInfo;
  await expect(runLedger(["tables", "--endpoint", `http://127.0.0.1:${port}/`])).rejects.toThrow(
    `http://127.0.0.1:${port} is no ledger: it answered 200 <html>hello</html>`,
  );
  stranger.closeAllConnections();
  await new Promise((resolve) => stranger.close(resolve));
});

test("verify --dir: the files themselves, and the place of a damage", async () => {
  const folder = mkdtempSync(join(tmpdir(), "verify-files-"));
  const registry = await Registry.open(folder, place, { now: Date.now, log: () => undefined, onFailure: () => undefined });
  await registry.create({ name: "demo", permissionsMode: "STANDARD", deletionProtection: false, tags: {} });
  const demo = registry.ledger("demo");
  if (demo === undefined) throw new Error("there is no ledger demo");
  await runIn(demo, "CREATE TABLE T");
  await runIn(demo, "INSERT INTO T ?", { n: 1 });
  await demo.snapshot();
  await registry.close();
  expect((await runLedger(["verify", "--dir", folder])).stdout).toBe(
    "✓ ledger demo: 2 blocks chained, 2 revisions match their hashes; snapshot: sound, of 2 blocks\n",
  );
  const path = join(folder, "demo", "journal");
  const bytes = readFileSync(path);
  bytes.writeUInt8(bytes.readUInt8(headerSize + 40) ^ 1, headerSize + 40);
  writeFileSync(path, bytes);
  await expect(runLedger(["verify", "--dir", folder])).rejects.toThrow(
    `${path}, offset ${headerSize}: the checksum of a record does not fit`,
  );
  rmSync(folder, { recursive: true });
  await expect(runLedger(["verify", "--dir", folder])).rejects.toThrow(`there is no folder ${folder}`);
});
