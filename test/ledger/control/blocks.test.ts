import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { readAllBinary } from "../../../ledger/ion/binary-reader.ts";
import { field, type IonValue, int, list } from "../../../ledger/ion/value.ts";
import { runNitro } from "../../cli/run.ts";
import { startServer, type TestServer } from "../server.ts";
import { RawSession } from "../session/client.ts";

let server: TestServer;
beforeAll(async () => {
  server = await startServer();
  const session = await RawSession.start(server.url, "demo");
  await session.run("CREATE TABLE T");
  // Some of them fill what is read together.
  for (let n = 0; n < 12; n++) await session.run(`INSERT INTO T {'n': ${n}, 'filling': '${"x".repeat(50_000)}'}`);
});
afterAll(async () => {
  await server.close();
  expect(server.logged).toEqual([]);
});

async function ask(body: unknown, ledger = "demo"): Promise<{ status: number; body: Record<string, unknown> }> {
  const response = await fetch(`${server.url}/nitro/ledgers/${ledger}/blocks`, {
    method: "POST",
    headers: { authorization: "AWS4-HMAC-SHA256 made up" },
    body: JSON.stringify(body),
  });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

function numberOf(block: IonValue): number {
  const found = field(field(block, "blockAddress"), "sequenceNo");
  return found?.type === "int" ? Number(found.value) : -1;
}

test("all blocks, some at a time: a stream of Ion, and the number of the next", async () => {
  const numbers: number[][] = [];
  let blocks: IonValue[] = [];
  for (let next = 0; next < 13; ) {
    const { status, body } = await ask({ First: next });
    expect(status).toBe(200);
    blocks = readAllBinary(Buffer.from(String(body.Blocks), "base64"));
    numbers.push(blocks.map(numberOf));
    next = Number(body.Next);
    expect(next).toBe((numbers.at(-1)?.at(-1) ?? -1) + 1);
  }
  expect(numbers.flat()).toEqual(Array.from({ length: 13 }, (_, number) => number));
  expect(numbers.length).toBeGreaterThan(1);
  const last = blocks.at(-1);
  expect(field(field(last, "transactionInfo"), "documents")).toBeDefined();
  const revisions = field(last, "revisions") ?? list([]);
  expect(revisions.type === "list" && field(field(revisions.items[0], "data"), "n")).toEqual(int(11));
});

test.each([undefined, -1, 13, 0.5, "0"])("First %s is refused", async (first) => {
  const { status, body } = await ask({ First: first });
  expect(status).toBe(400);
  expect(body.__type).toBe("InvalidParameterException");
  expect(body.Message).toBe(`First is ${JSON.stringify(first)}: allowed are 0 to 12`);
});

test("a ledger that there is not", async () => {
  expect(await ask({ First: 0 }, "other")).toMatchObject({ status: 404, body: { __type: "ResourceNotFoundException" } });
});

test("a block that is damaged on disk: those before it are given, and then it is named with file and offset", async () => {
  const path = join(server.folder, "demo", "journal");
  const whole = await readFile(path);
  const damaged = Buffer.from(whole);
  // The letters of the 7th document: CREATE TABLE is block 0.
  const place = damaged.indexOf("x".repeat(50_000), damaged.indexOf("'n': 6"));
  damaged[place] = (damaged[place] ?? 0) ^ 1;
  await writeFile(path, damaged);
  try {
    const given: number[] = [];
    let answer = await ask({ First: 0 });
    for (; answer.status === 200 && given.length < 13; answer = await ask({ First: given.length })) {
      given.push(...readAllBinary(Buffer.from(String(answer.body.Blocks), "base64")).map(numberOf));
    }
    expect(given).toEqual([0, 1, 2, 3, 4, 5, 6]);
    expect(answer).toMatchObject({ status: 412, body: { __type: "ResourcePreconditionNotMetException" } });
    expect(answer.body.Message).toMatch(new RegExp(`^block 7: ${path}, offset \\d+: the checksum of a record does not fit$`));
    await expect(runNitro(["ledger", "verify", "--endpoint", server.url])).rejects.toThrow(
      /^block 7: .*the checksum of a record does not fit$/,
    );
  } finally {
    await writeFile(path, whole);
  }
});
