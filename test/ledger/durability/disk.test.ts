import { chmodSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { connect } from "../server.ts";
import { read, write } from "./pairs.ts";
import { type LedgerProcess, startProcess } from "./process.ts";

let folder = "";
const running: LedgerProcess[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "disk-"));
});
afterEach(async () => {
  await Promise.all(running.splice(0).map((each) => each.end("SIGKILL")));
  rmSync(folder, { recursive: true, force: true });
});

async function start(before?: readonly string[]): Promise<LedgerProcess> {
  const started = await startProcess(folder, {}, before);
  running.push(started);
  return started;
}

async function makeTable(url: string): Promise<void> {
  const driver = connect(url);
  await driver.executeLambda((transaction) => transaction.execute("CREATE TABLE T"));
  driver.close();
}

// No file may grow beyond so many blocks: a write ends half-way, as on a full disk.
const full = ["sh", "-c", 'trap "" XFSZ; ulimit -f 300; exec "$@"', "sh"];

test("a full disk ends the ledger; what was acknowledged is there once there is room again", { timeout: 60_000 }, async () => {
  const small = await start(full);
  await makeTable(small.url);
  const acknowledged: string[] = [];
  await Promise.all(["a", "b", "c"].map((name) => write(small.url, name, acknowledged)));
  expect(await small.ended).toBe(1);
  expect(small.log.join("\n")).toMatch(/the journal cannot be written, nothing more is accepted: E(FBIG|NOSPC)/);
  expect(acknowledged.length).toBeGreaterThan(10);
  const again = await start();
  const pairs = await read(again.url);
  expect(acknowledged.filter((pair) => !pairs.has(pair))).toEqual([]);
  expect([...pairs].filter(([, parts]) => parts.join() !== "1,2")).toEqual([]);
  await write(again.url, "d", [], 5);
  expect([...(await read(again.url)).keys()].filter((pair) => pair.startsWith("d"))).toHaveLength(5);
});

// Root may write everywhere, unless it gives that right up.
const asOwner = process.getuid?.() === 0 ? ["setpriv", "--bounding-set=-dac_override", "--inh-caps=-dac_override"] : [];

test("a journal that may only be read is refused, and left as it is", async () => {
  const first = await start();
  await makeTable(first.url);
  running.length = 0;
  await first.end("SIGTERM");
  const path = join(folder, "demo", "journal");
  const { size } = statSync(path);
  chmodSync(path, 0o400);
  await expect(startProcess(folder, {}, asOwner)).rejects.toThrow(`EACCES: permission denied, open '${path}'`);
  expect(statSync(path).size).toBe(size);
});
