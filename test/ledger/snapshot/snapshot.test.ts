import { existsSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Ledger } from "../../../ledger/ledger.ts";
import { openLedger } from "../open-ledger.ts";
import { Random, randomValue } from "../random.ts";
import { type Ran, runIn } from "../run-in.ts";

let folder = "";
const open: Ledger[] = [];
const logged: string[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "snapshot-"));
});
afterEach(async () => {
  await Promise.all(open.splice(0).map((ledger) => ledger.close()));
  rmSync(folder, { recursive: true, force: true });
});

async function start(): Promise<Ledger> {
  const ledger = await openLedger(folder, (message) => logged.push(message));
  open.push(ledger);
  return ledger;
}

async function restart(ledger: Ledger): Promise<Ledger> {
  await ledger.close();
  open.splice(open.indexOf(ledger), 1);
  return await start();
}

/** Everything that statements can see of a ledger. */
async function seen(ledger: Ledger): Promise<Ran[]> {
  const statements = [
    "SELECT * FROM information_schema.user_tables",
    "SELECT * FROM _ql_committed_T",
    "SELECT * FROM history(T)",
    "SELECT VALUE k FROM T WHERE k IN (1, 2, 3)",
    "SELECT * FROM U",
  ];
  const rows: Ran[] = [];
  for (const statement of statements) rows.push(await runIn(ledger, statement));
  return rows;
}

async function fill(ledger: Ledger, seed: number): Promise<void> {
  const random = new Random(seed);
  for (let count = 0; count < 60; count++) {
    const k = random.below(20);
    if (random.below(3) > 0) await runIn(ledger, "INSERT INTO T ?", { k, value: randomValue(random, 3) });
    else if (random.below(2) === 0) await runIn(ledger, "UPDATE T SET changed = ? WHERE k = ?", randomValue(random, 2), k);
    else await runIn(ledger, "DELETE FROM T WHERE k = ?", k);
  }
}

async function filled(): Promise<Ledger> {
  const ledger = await start();
  for (const statement of ["CREATE TABLE T", "CREATE INDEX ON T (k)", "CREATE TABLE U", "CREATE TABLE V"]) await runIn(ledger, statement);
  await fill(ledger, 1);
  await runIn(ledger, "DROP TABLE V");
  return ledger;
}

test("a start from a snapshot shows what a start from the whole journal shows", async () => {
  let ledger = await filled();
  await ledger.snapshot();
  await fill(ledger, 2);
  const before = await seen(ledger);
  const [root, size] = [ledger.store.blocks.root(), ledger.store.blocks.size];
  ledger = await restart(ledger);
  expect(await seen(ledger)).toEqual(before);
  expect(ledger.store.blocks.root()).toEqual(root);
  for (let block = 0; block < size; block += 7) expect((await ledger.block(block))?.address.sequenceNo).toBe(block);
  rmSync(join(folder, "snapshot"));
  ledger = await restart(ledger);
  expect(await seen(ledger)).toEqual(before);
  expect(ledger.store.blocks.root()).toEqual(root);
  await fill(ledger, 3);
});

test("what is committed while a snapshot is written is not in it, and not lost", async () => {
  let ledger = await filled();
  const taken = ledger.snapshot();
  await fill(ledger, 4);
  await taken;
  const before = await seen(ledger);
  ledger = await restart(ledger);
  expect(await seen(ledger)).toEqual(before);
});

test("a snapshot that was cut off while it was written is not used", async () => {
  const ledger = await filled();
  writeFileSync(join(folder, "snapshot.new"), "half");
  const before = await seen(ledger);
  expect(await seen(await restart(ledger))).toEqual(before);
});

test("a snapshot with any flipped byte is put aside, which is told with the place, and the whole journal is read", async () => {
  const ledger = await filled();
  await ledger.snapshot();
  const before = await seen(ledger);
  await ledger.close();
  open.length = 0;
  const path = join(folder, "snapshot");
  const sound = readFileSync(path);
  const put = async (damaged: Buffer, what: string) => {
    writeFileSync(path, damaged);
    logged.length = 0;
    const again = await start();
    expect(await seen(again), what).toEqual(before);
    expect(logged[0], what).toMatch(new RegExp(`^${path}, offset \\d+: .*; it is now ${path}\\.damaged$`));
    expect(readFileSync(`${path}.damaged`).equals(damaged), what).toBe(true);
    expect(existsSync(path), what).toBe(false);
    await Promise.all(open.splice(0).map((each) => each.close()));
  };
  for (let at = 0; at < sound.length; at += 1 + Math.floor(sound.length / 50)) {
    const damaged = Buffer.from(sound);
    damaged.writeUInt8(damaged.readUInt8(at) ^ 0x10, at);
    await put(damaged, `byte ${at}`);
  }
  await put(sound.subarray(0, sound.length - 1), "cut off");
  await put(Buffer.alloc(0), "empty");
});

test("a redaction removes a snapshot that was put aside, too: it holds the data", async () => {
  const ledger = await filled();
  const path = join(folder, "snapshot.damaged");
  writeFileSync(path, "old");
  const [row = ""] = await runIn(
    ledger,
    "SELECT blockAddress, metadata.id FROM history(T) WHERE metadata.version = 0 AND data.changed IS MISSING",
  );
  await runIn(ledger, "UPDATE T SET more = 1");
  const transaction = ledger.begin();
  transaction.redaction = {
    address: { strandId: "strand", sequenceNo: Number(/sequenceNo:(\d+)/.exec(row)?.[1]) },
    tableId: [...ledger.store.tables.values()].find(({ definition }) => definition.name === "T")?.definition.id ?? "",
    documentId: /id:"([^"]+)"/.exec(row)?.[1] ?? "",
    version: 0,
  };
  await ledger.commit(transaction);
  expect(existsSync(path)).toBe(false);
});

test("a journal that lost what its snapshot knows is refused", async () => {
  const ledger = await filled();
  await ledger.snapshot();
  await ledger.close();
  open.length = 0;
  const journal = join(folder, "journal");
  const sound = readFileSync(journal);
  truncateSync(journal, sound.length - 10);
  await expect(start()).rejects.toThrow(`${journal}, offset ${sound.length - 10}: the file ends here`);
  rmSync(journal);
  await expect(start()).rejects.toThrow(`${journal}: the journal is missing; put it back from a copy`);
  expect(existsSync(join(folder, "snapshot"))).toBe(true);
});

test("a snapshot of another journal is refused", async () => {
  const ledger = await filled();
  await ledger.snapshot();
  const snapshot = readFileSync(join(folder, "snapshot"));
  await ledger.close();
  open.length = 0;
  rmSync(folder, { recursive: true });
  // The same statements once more: another journal, at least as long.
  const other = await filled();
  for (let seed = 5; seed < 9; seed++) await fill(other, seed);
  await other.close();
  open.length = 0;
  writeFileSync(join(folder, "snapshot"), snapshot);
  await expect(start()).rejects.toThrow(/journal, offset \d+: /);
});
