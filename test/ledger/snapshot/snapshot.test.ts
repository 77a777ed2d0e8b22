import { existsSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Ledger } from "../../../ledger/ledger.ts";
import { Random, randomValue } from "../random.ts";
import { type Ran, runIn } from "../run-in.ts";

let folder = "";
const open: Ledger[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "snapshot-"));
});
afterEach(async () => {
  await Promise.all(open.splice(0).map((ledger) => ledger.close()));
  rmSync(folder, { recursive: true, force: true });
});

async function start(): Promise<Ledger> {
  const fail = (error: Error) => {
    throw error;
  };
  const ledger = await Ledger.open(folder, "strand", { now: Date.now, log: () => undefined, onFailure: fail });
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

test("any flipped byte of a snapshot is refused, naming the place and the way out", async () => {
  const ledger = await filled();
  await ledger.snapshot();
  await ledger.close();
  open.length = 0;
  const path = join(folder, "snapshot");
  const sound = readFileSync(path);
  for (let at = 0; at < sound.length; at += 1 + Math.floor(sound.length / 200)) {
    const damaged = Buffer.from(sound);
    damaged.writeUInt8(damaged.readUInt8(at) ^ 0x10, at);
    writeFileSync(path, damaged);
    await expect(start(), `byte ${at}`).rejects.toThrow(new RegExp(`${path}, offset \\d+: .*; a snapshot can be removed`));
  }
  writeFileSync(path, sound.subarray(0, sound.length - 1));
  await expect(start()).rejects.toThrow("inside a record; a snapshot can be removed");
  rmSync(path);
  await start();
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
  await expect(start()).rejects.toThrow("the file ends here, but blocks up to offset");
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
