import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Registry } from "../../../ledger/control/registry.ts";
import { headerSize } from "../../../ledger/journal/header.ts";
import { runIn } from "../run-in.ts";
import { connect, place } from "../server.ts";
import { more, read, write } from "./pairs.ts";
import { type LedgerProcess, startProcess } from "./process.ts";

let folder = "";
const running: LedgerProcess[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "durable-"));
});
afterEach(async () => {
  await Promise.all(running.splice(0).map((each) => each.end("SIGKILL")));
  rmSync(folder, { recursive: true, force: true });
});

async function start(): Promise<LedgerProcess> {
  const started = await startProcess(folder);
  running.push(started);
  return started;
}

async function end(started: LedgerProcess, signal: "SIGTERM" | "SIGKILL"): Promise<number | null> {
  running.splice(running.indexOf(started), 1);
  return await started.end(signal);
}

test("killed again and again under load: no acknowledged commit is lost, none is there by half", { timeout: 120_000 }, async () => {
  let server = await start();
  const driver = connect(server.url);
  await driver.executeLambda(async (transaction) => {
    await transaction.execute("CREATE TABLE T");
    await transaction.execute("CREATE INDEX ON T (pair)");
  });
  driver.close();
  const acknowledged: string[] = [];
  for (let round = 0; round < 6; round++) {
    const writers = ["a", "b", "c", "d"].map((name) => write(server.url, `${name}${round}`, acknowledged));
    await more(acknowledged, 20 + 17 * round);
    await end(server, "SIGKILL");
    await Promise.all(writers);
    server = await start();
    const pairs = await read(server.url);
    expect(acknowledged.filter((pair) => !pairs.has(pair))).toEqual([]);
    expect([...pairs].filter(([, parts]) => parts.join() !== "1,2")).toEqual([]);
    // At most the one transaction that each writer was waiting for is there beyond what was acknowledged.
    expect(pairs.size - acknowledged.length).toBeLessThanOrEqual(4 * (round + 1));
  }
});

test("a polite end takes everything along, with code 0", async () => {
  const first = await start();
  const driver = connect(first.url);
  await driver.executeLambda((transaction) => transaction.execute("CREATE TABLE T"));
  const acknowledged: string[] = [];
  const writing = write(first.url, "a", acknowledged);
  await more(acknowledged, 20);
  expect(await end(first, "SIGTERM")).toBe(0);
  await writing;
  driver.close();
  const pairs = await read((await start()).url);
  expect(acknowledged.filter((pair) => !pairs.has(pair))).toEqual([]);
});

test("a damaged journal is refused, naming the place", async () => {
  const first = await start();
  const driver = connect(first.url);
  await driver.executeLambda((transaction) => transaction.execute("CREATE TABLE T"));
  driver.close();
  await end(first, "SIGTERM");
  const path = join(folder, "demo", "journal");
  const bytes = readFileSync(path);
  bytes.writeUInt8(bytes.readUInt8(headerSize + 77) ^ 1, headerSize + 77);
  writeFileSync(path, bytes);
  await expect(startProcess(folder)).rejects.toThrow(`demo/journal, offset ${headerSize}: the checksum of a record does not fit`);
});

test("settings that are wrong are told", async () => {
  await expect(startProcess(folder, { LEDGER_PORT: "99999" })).rejects.toThrow('LEDGER_PORT is \\"99999\\": allowed are 0 to 65535');
  await expect(startProcess("")).rejects.toThrow("LEDGER_DIR is not set");
  const taken = await start();
  const other = mkdtempSync(join(tmpdir(), "durable-"));
  await expect(startProcess(other, { LEDGER_PORT: new URL(taken.url).port })).rejects.toThrow("is in use: set LEDGER_PORT");
  rmSync(other, { recursive: true });
});

test("damage before the snapshot ends the ledger with the exact place, soon after its start", async () => {
  const registry = await Registry.open(folder, place, { now: Date.now, log: () => undefined, onFailure: () => undefined });
  await registry.create({ name: "demo", permissionsMode: "STANDARD", deletionProtection: false, tags: {} });
  const ledger = registry.ledger("demo");
  if (ledger === undefined) throw new Error("there is no ledger demo");
  await runIn(ledger, "CREATE TABLE T");
  await runIn(ledger, "CREATE TABLE U");
  await ledger.snapshot();
  await registry.close();
  const sound = await start();
  // The thread that verifies has the lowest priority: on a busy machine it takes its time.
  await expect.poll(() => sound.log.join("\n"), { timeout: 20_000 }).toContain("ledger demo: verified 2 blocks");
  await end(sound, "SIGTERM");
  const path = join(folder, "demo", "journal");
  const bytes = readFileSync(path);
  bytes.writeUInt8(bytes.readUInt8(headerSize + 77) ^ 1, headerSize + 77);
  writeFileSync(path, bytes);
  const damaged = await start();
  expect(await damaged.ended).toBe(1);
  expect(damaged.log.join("\n")).toContain(`ledger demo is damaged: ${path}, offset ${headerSize}: the checksum of a record does not fit`);
});
