import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createJournal, headerSize } from "../../../ledger/journal/header.ts";
import { Journal } from "../../../ledger/journal/journal.ts";
import { RecordLock } from "../../../ledger/journal/record-lock.ts";
import { headSize } from "../../../ledger/journal/records.ts";
import type { Ledger } from "../../../ledger/ledger.ts";
import { verifyInBackground } from "../../../ledger/verify/background.ts";
import { openLedger } from "../open-ledger.ts";
import { runIn } from "../run-in.ts";

const program = new URL("../../../ledger/main.ts", import.meta.url);
const fail = (what: unknown) => {
  throw what instanceof Error ? what : new Error(String(what));
};

let folder = "";
let path = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "record-lock-"));
  path = join(folder, "journal");
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Resolves once somebody waits for a lock. Whom this wakes finds the lock taken, and waits again. */
function waited({ shared }: RecordLock): Promise<void> {
  return expect.poll(() => Atomics.notify(new Int32Array(shared), 0), { timeout: 10_000 }).toBeGreaterThan(0);
}

/** Runs work while a record is half overwritten: its first half is new, its second half old. */
async function halfWritten(work: () => Promise<void>): Promise<void> {
  const whole = readFileSync(path);
  const torn = Buffer.from(whole);
  torn.fill(0, headerSize + headSize, headerSize + headSize + 20);
  writeFileSync(path, torn);
  await work();
  writeFileSync(path, whole);
}

test("a thread that verifies does not see a record that is half overwritten", async () => {
  const ledger = await openLedger(folder);
  try {
    await runIn(ledger, "CREATE TABLE T");
    const { lock } = ledger.journalFile;
    const verify = () => verifyInBackground(program, ledger.journalFile, new AbortController().signal);
    // It would take the journal for damaged.
    await halfWritten(() => expect(verify()).rejects.toThrow("the checksum of a record does not fit"));
    let verified: Promise<number | undefined> | undefined;
    await lock.during(() =>
      halfWritten(async () => {
        verified = verify();
        await Promise.race([waited(lock), verified]);
      }),
    );
    expect(await verified).toBe(1);
  } finally {
    await ledger.close();
  }
});

test("a block is not read while it is half overwritten", async () => {
  const ledger = await openLedger(folder);
  try {
    await runIn(ledger, "CREATE TABLE T");
    const { lock } = ledger.journalFile;
    let block: ReturnType<Ledger["block"]> | undefined;
    await lock.during(() =>
      halfWritten(async () => {
        block = ledger.block(0);
        // Without the lock it would have been read by now.
        await Promise.race([block, new Promise((resolve) => setTimeout(resolve, 100))]);
      }),
    );
    expect((await block)?.address.sequenceNo).toBe(0);
  } finally {
    await ledger.close();
  }
});

test("a record is not overwritten while a thread reads", async () => {
  await createJournal(path, { strandId: "strand", ledger: "demo" });
  const journal = await Journal.open(path, { onRecord: fail, onTorn: fail, log: fail, onFailure: fail });
  try {
    const { offset, durable } = journal.append(Buffer.from("an old record"));
    await durable;
    const before = readFileSync(path);
    const reader = new RecordLock("verifier", journal.lock.shared);
    let overwritten: Promise<void> | undefined;
    await reader.during(async () => {
      overwritten = journal.rewrite(offset, Buffer.from("a  new record"));
      await waited(journal.lock);
      expect(readFileSync(path)).toEqual(before);
    });
    await overwritten;
    expect((await journal.read(offset)).toString()).toBe("a  new record");
  } finally {
    await journal.close();
  }
});

test("one side takes turns, and what fails frees the lock", async () => {
  const lock = new RecordLock("owner");
  const order: number[] = [];
  const first = lock.during(async () => {
    await Promise.resolve();
    order.push(1);
    throw new Error("failed");
  });
  const second = lock.during(async () => order.push(2));
  await expect(first).rejects.toThrow("failed");
  await second;
  expect(order).toEqual([1, 2]);
});

test("what a thread held that has ended is free", async () => {
  const owner = new RecordLock("owner");
  void new RecordLock("verifier", owner.shared).during(() => new Promise(() => undefined));
  const done = owner.during(async () => "done");
  await waited(owner);
  owner.giveUp("verifier");
  expect(await done).toBe("done");
});
