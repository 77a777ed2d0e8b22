import { afterAll, beforeAll, expect, test } from "vitest";
import { startServer, type TestServer } from "../server.ts";
import { RawSession } from "../session/client.ts";

let server: TestServer;
beforeAll(async () => {
  server = await startServer();
  const session = await RawSession.start(server.url, "demo");
  await session.run("CREATE TABLE T");
  await session.run("CREATE INDEX ON T (n)");
});
afterAll(async () => {
  await server.close();
  expect(server.logged).toEqual([]);
});

async function explain(body: unknown, ledger = "demo"): Promise<{ status: number; body: unknown }> {
  const response = await fetch(`${server.url}/nitro/ledgers/${ledger}/explain`, {
    method: "POST",
    headers: { authorization: "AWS4-HMAC-SHA256 made up" },
    body: JSON.stringify(body),
  });
  return { status: response.status, body: await response.json() };
}

test.each([
  ["SELECT * FROM T WHERE n = ?", [{ source: "T", access: "index on n" }]],
  ["SELECT * FROM T WHERE n IN ?", [{ source: "T", access: "index on n" }]],
  ["SELECT * FROM T WHERE m = 1", [{ source: "T", access: "scan" }]],
  ["SELECT * FROM T WHERE n > 1", [{ source: "T", access: "scan" }]],
  ["SELECT * FROM _ql_committed_T AS r WHERE r.metadata.id = ?", [{ source: "_ql_committed_T", access: "document id" }]],
  ["SELECT * FROM history(T) AS h WHERE h.metadata.id = ?", [{ source: "history(T)", access: "document id" }]],
  [
    "SELECT * FROM T AS t, t.list AS each WHERE t.n = 1",
    [
      { source: "T", access: "index on n" },
      { source: "values", access: "values" },
    ],
  ],
  ["DELETE FROM T", [{ source: "T", access: "scan" }]],
  ["UPDATE T AS t BY id SET t.m = ? WHERE id IN (?, ?)", [{ source: "T", access: "document id" }]],
  ["INSERT INTO T ?", []],
  ["CREATE TABLE U", []],
])("%s", async (Statement, Plan) => {
  expect(await explain({ Statement })).toEqual({ status: 200, body: { Plan } });
});

test("what cannot be explained", async () => {
  expect(await explain({})).toMatchObject({ status: 400, body: { __type: "InvalidParameterException" } });
  expect(await explain({ Statement: "SELECT * FROM T" }, "none")).toMatchObject({
    status: 404,
    body: { __type: "ResourceNotFoundException" },
  });
  expect(await explain({ Statement: `SELECT * FROM T${" ".repeat(99_986)}` })).toEqual({
    status: 400,
    body: { __type: "InvalidParameterException", Message: "Statement has 100001 characters: allowed are 100000" },
  });
  expect(await explain({ Statement: "SELECT * FROM U" })).toMatchObject({
    status: 400,
    body: { __type: "BadRequestException", Message: "Semantic Error: at line 1, column 15: No such variable named 'U'" },
  });
});
