import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Engine } from "../../docker/engine.ts";
import { stackNames } from "../../model/names.ts";
import { connect } from "../ledger/server.ts";
import { nitro, nitroJson, tryNitro } from "./nitro.ts";

const stack = "e2e-ledger";
const label = "nitro.test.ledger";
const engine = Engine.connect();
const volumes: string[] = [];

beforeAll(async () => {
  await nitro("down", "-s", stack, "--yes");
});

afterAll(async () => {
  await nitro("down", "-s", stack, "--yes");
  for (const { id } of await engine.containers({ labels: { [label]: "1" }, all: true })) await engine.removeContainer(id, { force: true });
  for (const volume of volumes) await engine.removeVolume(volume);
});

/** Waits until the container's own health check says healthy. @returns where its ledger answers on this host */
async function healthy(container: string): Promise<string> {
  for (;;) {
    const details = await engine.inspect(container);
    if (details?.running !== true) throw new Error(`${container} exited with ${details?.exitCode}:\n${await logOf(container)}`);
    const port = details.ports.find(({ containerPort }) => containerPort === 8182)?.hostPort;
    if (details.health === "healthy" && port !== undefined) return `http://127.0.0.1:${port}`;
    await sleep(100);
  }
}

async function logOf(container: string): Promise<string> {
  const lines: string[] = [];
  for await (const { line } of engine.logs(container)) lines.push(line);
  return lines.join("\n");
}

test("the image runs anywhere: as user 1000, healthy, with its data in a volume", async () => {
  const { image, run } = await nitroJson<{ image: string; run: string }>("ledger", "image");
  expect(image).toMatch(/^localhost\/nitro\/ledger:[0-9a-f]{16}$/);
  expect(run).toMatch(/^docker run .* -p 127\.0\.0\.1:8182:8182 -v ledger-data:\/data localhost/);
  const name = `nitro-test-${randomBytes(6).toString("hex")}`;
  volumes.push(name);
  const container = await engine.create(name, { image, binds: [`${name}:/data`], publish: [8182], labels: { [label]: "1" } });
  await engine.start(container);
  const url = await healthy(container);
  expect((await engine.inspect(container))?.user).toBe("1000:1000");

  const driver = connect(url, { ledger: "ledger" });
  await driver.executeLambda(async (transaction) => {
    await transaction.execute("CREATE TABLE T");
  });
  driver.close();
  await nitro("ledger", "query", "INSERT INTO T {'n': 1}", "--endpoint", url);
  await engine.stop(container);
  expect((await engine.inspect(container))?.exitCode).toBe(0);

  await engine.start(container);
  const again = await healthy(container);
  expect(await nitro("ledger", "query", "SELECT * FROM T", "--endpoint", again)).toBe("{n:1}\n");
  expect(await nitro("ledger", "verify", "--endpoint", again)).toContain("ledger ledger verified");
  const lines = (await logOf(container)).split("\n").map((line) => (JSON.parse(line) as { message: string }).message);
  expect(lines.filter((line) => line.startsWith("listening on http://0.0.0.0:8182, ledgers: ledger"))).toHaveLength(2);
});

test("a stack that is not up: how to bring it up, or to name another ledger", async () => {
  const { code, stderr } = await tryNitro("ledger", "tables", "-s", stack);
  expect(code).toBe(1);
  expect(stderr).toBe(
    `error: stack "${stack}" has no container for ledger\n  ./nitro up -s ${stack}, or name a ledger without a stack: --endpoint http://127.0.0.1:8182\n`,
  );
});

test("the commands on a stack's ledger", async () => {
  await nitro("up", "-s", stack);
  await nitro("pay", "-s", stack, "--count", "2");
  const tables = await nitroJson<{ name: string; documents: number }[]>("ledger", "tables", "-s", stack);
  expect(tables).toContainEqual(
    expect.objectContaining({ name: "transactions", status: "ACTIVE", documents: 2, indexes: ["idempotencyKey"] }),
  );

  const [row] = await nitroJson<{ id: string }[]>("ledger", "query", "SELECT id FROM transactions BY id", "-s", stack);
  const id = row?.id ?? "";
  const history = await nitroJson<{ version: number; txId: string; data: object }[]>("ledger", "history", "transactions", id, "-s", stack);
  expect(history.length).toBeGreaterThan(1);
  expect(history.map(({ version }) => version)).toEqual(history.map((_, index) => index));

  expect(await nitro("ledger", "verify", id, "-s", stack)).toContain(`${history.length} revisions verified`);
  expect(await nitroJson("ledger", "verify", "-s", stack)).toMatchObject([{ ledger: stackNames(stack).ledgerName, documents: 2 }]);

  expect(await nitroJson("ledger", "explain", "SELECT * FROM transactions WHERE idempotencyKey IN (?, ?)", "-s", stack)).toEqual([
    { source: "transactions", access: "index on idempotencyKey" },
  ]);

  const refused = await tryNitro("ledger", "query", "SELECT * FROM nothing", "-s", stack);
  expect(refused).toMatchObject({ code: 1, stdout: "" });
  expect(refused.stderr).toBe(
    `error: Semantic Error: at line 1, column 15: No such variable named 'nothing'\n  SELECT * FROM nothing\n${" ".repeat(16)}^\n`,
  );
});

test("export: the journal in a bucket of the stack's LocalStack, made where it is not there", async () => {
  for (const format of ["ION_TEXT", "JSON"]) {
    const objects = await nitroJson<{ bucket: string; key: string; bytes: number }[]>("ledger", "export", "-s", stack, "--format", format);
    expect(new Set(objects.map(({ bucket }) => bucket))).toEqual(new Set([`nitro-${stack}-journal`]));
    const kinds = objects.map(({ key }) => /\.(started\.manifest|completed\.manifest|ion|json)$/.exec(key)?.[1]).sort();
    expect(kinds).toEqual(["completed.manifest", format === "JSON" ? "json" : "ion", "started.manifest"].sort());
    expect(Math.min(...objects.map(({ bytes }) => bytes))).toBeGreaterThan(0);
  }
});
