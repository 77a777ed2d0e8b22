import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { startServer, type TestServer } from "../../ledger/server.ts";
import { runLedger } from "./run.ts";

let server: TestServer;
let id: string;
const liars: Server[] = [];

beforeAll(async () => {
  server = await startServer();
  const run = async (...statements: string[]) => {
    for (const statement of statements) await runLedger(["query", statement, "--endpoint", server.url]);
  };
  await run("CREATE TABLE T", "CREATE TABLE Gone", "CREATE INDEX ON T (n)", "INSERT INTO Gone {'x': 1}", "DROP TABLE Gone");
  for (let n = 0; n < 20; n++)
    await run(`INSERT INTO T <<{'n': ${n}, 'd': \`2.50\`}, {'n': ${100 + n}, 't': \`a::2020-01-01T00:00-00:00\`}>>`);
  await run("UPDATE T SET m = 'x' WHERE n IN (1, 2, 3)", "DELETE FROM T WHERE n = 2", "UPDATE T SET m = 'y' WHERE n = 1");
  const { stdout } = await runLedger(["query", "SELECT id FROM T BY id WHERE n = 1", "--endpoint", server.url, "--json"]);
  [{ id }] = JSON.parse(stdout) as [{ id: string }];
});

afterAll(() => server.close());
afterEach(() => {
  for (const liar of liars.splice(0)) {
    liar.closeAllConnections();
    liar.close();
  }
});

/** A server in front of the real one that changes its answers. @param older whether it knows QLDB's operations alone, as ledgers of before */
async function lying(change: (path: string, request: string, answer: string) => string, older = false): Promise<string> {
  const liar = createServer(async (request, response) => {
    const { method, url = "" } = request;
    if (older && url.startsWith("/nitro/")) {
      response.writeHead(404, { "content-type": "application/json" });
      response.end(JSON.stringify({ __type: "ResourceNotFoundException", Message: `there is no operation ${method} ${url}` }));
      return;
    }
    const chunks: Buffer[] = [];
    for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
    const body = Buffer.concat(chunks).toString();
    const { authorization = "", "content-type": type = "", "x-amz-target": target } = request.headers;
    const headers = { authorization, "content-type": type, ...(target === undefined ? {} : { "x-amz-target": String(target) }) };
    const answer = await fetch(`${server.url}${request.url}`, {
      method: request.method ?? "POST",
      headers,
      ...(body === "" ? {} : { body }),
    });
    const text = await answer.text();
    response.writeHead(answer.status, { "content-type": "application/json" });
    response.end(change(request.url ?? "", body, text));
  });
  liars.push(liar);
  await new Promise<void>((resolve) => liar.listen(0, "127.0.0.1", resolve));
  return `http://127.0.0.1:${(liar.address() as AddressInfo).port}`;
}

test("a whole ledger: says exactly what it looked at", async () => {
  const { code, stdout } = await runLedger(["verify", "--endpoint", server.url]);
  expect(code).toBe(0);
  expect(stdout).toMatch(
    new RegExp(
      [
        "^✓ 28 blocks: every hash computed from the content, chained from the first to the last",
        "✓ 46 revisions: hash computed from metadata and data",
        "✓ root over all blocks: the digest",
        "✓ 39 documents in 1 active table: queries see the journal's last revision of each, and no others are there",
        "digest \\S{44} up to block 27",
        "ledger demo verified, \\d+\\.\\ds\n$",
      ].join("\n"),
    ),
  );
  const json = await runLedger(["verify", "--endpoint", server.url, "--json"]);
  expect(JSON.parse(json.stdout)).toMatchObject([{ ledger: "demo", blocks: 28, revisions: 46, documents: 39, tip: 27 }]);
});

test("a document: every revision, with its place", async () => {
  const { stdout } = await runLedger(["verify", id, "--endpoint", server.url]);
  expect(stdout).toMatch(
    new RegExp(
      `^✓ version 0 in block 6: .*\n✓ version 1 in block 25: .*\n✓ version 2 in block 27: .*\ndocument ${id} of table T: 3 revisions verified\ndigest `,
    ),
  );
  await expect(runLedger(["verify", "nothing", "--endpoint", server.url])).rejects.toThrow(
    "no table has or had a document nothing (tables: T, Gone)",
  );
});

test("a document of a dropped table", async () => {
  const { stdout } = await runLedger(["tables", "--endpoint", server.url, "--json"]);
  const gone = (JSON.parse(stdout) as { name: string; id: string }[]).find(({ name }) => name === "Gone")?.id;
  const { stdout: rows } = await runLedger([
    "query",
    `SELECT VALUE h.metadata.id FROM history('${gone}') AS h`,
    "--endpoint",
    server.url,
    "--json",
  ]);
  const [document = ""] = JSON.parse(rows) as string[];
  expect((await runLedger(["verify", document, "--endpoint", server.url])).stdout).toContain("of table Gone: 1 revision verified");
});

test.each([
  ["a document's data", "/block", "n:7,", "n:8,", /^block \d+: revision of document \w{22}: its hash is /],
  ["a statement", "/block", "SET m = 'x'", "SET m = 'z'", /^block 25: the hash of its transactionInfo is not in/],
  ["a digest", "/digest", /"Digest":"...../, '"Digest":"AAAAA', /^the digest is 000000\w+, the 28 blocks give \w{64}$/],
])("%s that was changed, of a ledger that gives blocks one by one: the exact place", async (_what, path, from, to, message) => {
  const endpoint = await lying((url, _request, answer) => (url.endsWith(path) ? answer.replace(from, to) : answer), true);
  await expect(runLedger(["verify", "--endpoint", endpoint])).rejects.toThrow(message);
});

test("a whole ledger that gives blocks one by one", async () => {
  const endpoint = await lying((_url, _request, answer) => answer, true);
  const { stdout } = await runLedger(["verify", "--endpoint", endpoint]);
  expect(stdout).toContain("✓ 28 blocks: every hash computed from the content, chained from the first to the last\n✓ 46 revisions: ");
});

/** A server whose answers hold other blocks. */
function forging(change: (blocks: Buffer[]) => Buffer[]): Promise<string> {
  return lying((url, _request, answer) => {
    if (!url.endsWith("/blocks")) return answer;
    const { Blocks: blocks, Next: next } = JSON.parse(answer) as { Blocks: string; Next: number };
    const marker = Buffer.from([0xe0, 1, 0, 0xea]);
    const bytes = Buffer.from(blocks, "base64");
    const sent: Buffer[] = [];
    for (let from = 0; from < bytes.length; ) {
      const end = bytes.indexOf(marker, from + 1);
      sent.push(bytes.subarray(from, end < 0 ? bytes.length : end));
      from = end < 0 ? bytes.length : end;
    }
    return JSON.stringify({ Blocks: Buffer.concat(change(sent)).toString("base64"), Next: next });
  });
}

/** A block with a text in it replaced by another one of the same length. */
function replaced(blocks: readonly Buffer[], number: number, from: string, to: string): Buffer[] {
  return blocks.map((block, index) => {
    if (index !== number) return block;
    const changed = Buffer.from(block.toString("latin1").replace(from, to), "latin1");
    expect(changed.equals(block)).toBe(false);
    return changed;
  });
}

test.each([
  ["a statement", (blocks: Buffer[]) => replaced(blocks, 25, "SET m = 'x'", "SET m = 'z'"), "block 25: the hash of its transactionInfo "],
  [
    "a document's data",
    (blocks: Buffer[]) => replaced(blocks, 27, "\x81y", "\x81z"),
    /^block 27: revision of document \w{22}: its hash is /,
  ],
  ["a block that is missing", (blocks: Buffer[]) => blocks.toSpliced(9, 1), /^block 9: it is missing, block 10 is in its place$/],
  ["the last block missing", (blocks: Buffer[]) => blocks.slice(0, -1), /^block 27: it is missing, the digest is up to block 27$/],
  ["blocks in another order", ([a, b, ...rest]: Buffer[]) => [b, a, ...rest] as Buffer[], /^block 0: it is missing, block 1 is in its/],
  [
    "a block that is cut off",
    (blocks: Buffer[]) => [...blocks.slice(0, -1), ...blocks.slice(-1).map((last) => last.subarray(0, -99))],
    /^block 27: /,
  ],
  ["no block at all", () => [], /^block 0: it is missing/],
])("%s: the exact place", async (_what, change, message) => {
  await expect(runLedger(["verify", "--endpoint", await forging(change)])).rejects.toThrow(message);
});

test("a digest that was changed", async () => {
  const endpoint = await lying((url, _request, answer) =>
    url.endsWith("/digest") ? answer.replace(/"Digest":"...../, '"Digest":"AAAAA') : answer,
  );
  await expect(runLedger(["verify", "--endpoint", endpoint])).rejects.toThrow(/^the digest is 000000\w+, the 28 blocks give \w{64}$/);
});

test("a document that queries see otherwise than the journal", async () => {
  // The committed view answers with version 1 of the document where version 2 is the last.
  const endpoint = await lying((url, request, answer) => {
    if (url !== "/" || !request.includes("_ql_committed_")) return answer;
    const { ExecuteStatement: executed } = JSON.parse(answer) as { ExecuteStatement: { FirstPage: { Values: unknown[] } } };
    executed.FirstPage.Values.pop();
    return JSON.stringify({ ExecuteStatement: executed });
  });
  await expect(runLedger(["verify", "--endpoint", endpoint])).rejects.toThrow(
    /^document \w{22} of table T: it is in the journal, but queries do not find it$/,
  );
});

test("a proof that was tampered with", async () => {
  const endpoint = await lying((url, _request, answer) => {
    if (!url.endsWith("/revision")) return answer;
    const { Proof: proof, ...rest } = JSON.parse(answer) as { Proof: { IonText: string } };
    return JSON.stringify({ ...rest, Proof: { IonText: proof.IonText.replace(/\{\{....../, "{{AAAAAA") } });
  });
  await expect(runLedger(["verify", id, "--endpoint", endpoint])).rejects.toThrow(
    new RegExp(`^document ${id} of table T, version 0 in block 6: the digest is \\w{64}, hash and proof give \\w{64}$`),
  );
});

test("a revision that is not the journal's", async () => {
  const endpoint = await lying((url, _request, answer) => (url.endsWith("/revision") ? answer.replace("version:1", "version:9") : answer));
  await expect(runLedger(["verify", id, "--endpoint", endpoint])).rejects.toThrow(/version 1 in block 25: in the journal its hash is /);
});

test("an empty ledger has nothing to verify", async () => {
  await server.registry.create({ name: "empty", permissionsMode: "STANDARD", deletionProtection: false, tags: {} });
  await expect(runLedger(["verify", "--endpoint", server.url, "--ledger", "empty"])).rejects.toThrow("ledger empty has no block yet");
  await server.registry.delete("empty");
});

test("a redacted revision is proved by its hash, also where blocks come one by one", async () => {
  const query = async (statement: string, ...parameters: string[]) => {
    const { stdout } = await runLedger(["query", statement, ...parameters, "--endpoint", server.url]);
    return stdout.trim();
  };
  const address = await query(
    "SELECT VALUE h.blockAddress FROM history(T) AS h WHERE h.metadata.id = ? AND h.metadata.version = 0",
    JSON.stringify(id),
  );
  const table = await query("SELECT VALUE tableId FROM information_schema.user_tables WHERE name = 'T'");
  await query("EXEC redact_revision ?, ?, ?", address, table, JSON.stringify(id));
  expect(
    await query("SELECT h.dataHash FROM history(T) AS h WHERE h.metadata.id = ? AND h.metadata.version = 0", JSON.stringify(id)),
  ).toContain("dataHash");
  const older = await lying((_url, _request, answer) => answer, true);
  for (const endpoint of [server.url, older]) {
    const { stdout } = await runLedger(["verify", "--endpoint", endpoint]);
    expect(stdout).toMatch(/^✓ 29 blocks: .*\n✓ 46 revisions: .*\n✓ root over all blocks: the digest\n✓ 39 documents /);
  }
});
