import { afterAll, beforeAll, expect, test } from "vitest";
import { fieldOf } from "../run-in.ts";
import { startServer, type TestServer } from "../server.ts";
import { RawSession } from "../session/client.ts";

let server: TestServer;
let session: RawSession;
let tableId = "";
/** Committed revisions of the one document, oldest first. */
let history: string[] = [];
let documentId = "";

beforeAll(async () => {
  server = await startServer();
  session = await RawSession.start(server.url);
  await session.run("CREATE TABLE T");
  await session.run("INSERT INTO T {'name': 'secret'}");
  await session.run("UPDATE T SET name = 'public'");
  tableId = (await session.run("SELECT VALUE tableId FROM information_schema.user_tables"))[0] ?? "";
  documentId = (await session.run("SELECT VALUE id FROM T BY id"))[0] ?? "";
  history = await session.run("SELECT * FROM history(T)");
});
afterAll(() => server.close());

const address = (version: number) => fieldOf(history[version], "blockAddress");
const run = (statement: string, ...parameters: string[]) => session.query(statement, ...parameters);
const literal = (text: string) => `'${text.slice(1, -1)}'`;

test.each<[string, string, string]>([
  ["the latest revision", "1", "is the latest: only others can be redacted"],
  ["a block without it", '`{strandId: "x", sequenceNo: 0}`', "has no revision of document"],
  ["no address", "'here'", "the block's address has to be a struct"],
])("%s is refused", async (_, block, message) => {
  const place = block === "1" ? `\`${address(1)}\`` : block;
  await expect(run(`EXEC REDACT_REVISION ${place}, ${literal(tableId)}, ${literal(documentId)}`)).rejects.toThrow(message);
});

test("a table that there is not is refused, and so is a second redaction in one transaction", async () => {
  await expect(run("EXEC redact_revision ?, ?, ?", address(0), '"0123456789012345678901"', documentId)).rejects.toThrow("does not exist");
  const transaction = await session.begin();
  await transaction.execute("EXEC redact_revision ?, ?, ?", address(0), tableId, documentId);
  await expect(transaction.execute("EXEC redact_revision ?, ?, ?", address(0), tableId, documentId)).rejects.toThrow(
    "redacts one revision",
  );
  await session.command("AbortTransaction", {});
  expect(fieldOf((await session.run("SELECT * FROM history(T)"))[0], "data")).toBe('{name:"secret"}');
});

test("the data of an earlier revision is replaced by its hash, everywhere, and the proof still fits", async () => {
  const [row] = await run(`EXEC REDACT_REVISION \`${address(0)}\`, ${literal(tableId)}, ${literal(documentId)}`);
  expect(fieldOf(row, "documentId")).toBe(documentId);
  expect(fieldOf(row, "tableId")).toBe(tableId);
  expect(fieldOf(row, "version")).toBe("0");
  const [first, second] = await session.run("SELECT * FROM history(T)");
  expect(fieldOf(first, "data")).toBe("MISSING");
  expect(fieldOf(first, "dataHash")).toMatch(/^\{\{.+\}\}$/);
  expect(fieldOf(first, "hash")).toBe(fieldOf(history[0], "hash"));
  expect(second).toBe(history[1]);
  const authorization = "AWS4-HMAC-SHA256 made up";
  const body = JSON.stringify({ BlockAddress: { IonText: address(0) }, DocumentId: documentId.slice(1, -1) });
  const response = await fetch(`${server.url}/ledgers/demo/revision`, { method: "POST", headers: { authorization }, body });
  expect(await response.json()).toMatchObject({ Revision: { IonText: expect.stringContaining("dataHash") as string } });
});
