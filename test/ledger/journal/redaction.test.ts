import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { newId } from "../../../ledger/ids.ts";
import { readBinary } from "../../../ledger/ion/binary-reader.ts";
import { padding, writeBinary } from "../../../ledger/ion/binary-writer.ts";
import { writeText } from "../../../ledger/ion/text.ts";
import { int } from "../../../ledger/ion/value.ts";
import type { Redaction } from "../../../ledger/journal/redaction-value.ts";
import type { Ledger } from "../../../ledger/ledger.ts";
import { Budget } from "../../../ledger/partiql/budget.ts";
import { execute } from "../../../ledger/partiql/execute.ts";
import { pause } from "../../../ledger/partiql/pause.ts";
import { verifyJournal } from "../../../ledger/verify/verify-journal.ts";
import { openLedger } from "../open-ledger.ts";
import { fieldOf, runIn } from "../run-in.ts";

let folder = "";
let ledgers: Ledger[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "redaction-"));
});
afterEach(async () => {
  await Promise.all(ledgers.map((ledger) => ledger.close()));
  ledgers = [];
  rmSync(folder, { recursive: true, force: true });
});

async function start(): Promise<Ledger> {
  await Promise.all(ledgers.splice(0).map((each) => each.close()));
  const ledger = await openLedger(folder);
  ledgers.push(ledger);
  return ledger;
}

/** A table with one document, changed once; @returns what erases its first version */
async function changedOnce(ledger: Ledger, secret: string): Promise<Redaction> {
  await runIn(ledger, "CREATE TABLE T");
  await runIn(ledger, "CREATE INDEX ON T (s)");
  await runIn(ledger, "INSERT INTO T ?", { s: secret });
  await runIn(ledger, "UPDATE T SET s = ?", "public");
  const documentId = JSON.parse((await runIn(ledger, "SELECT VALUE id FROM T BY id"))[0] ?? "") as string;
  const [tableId = ""] = ledger.store.tables.keys();
  return { address: { strandId: "strand", sequenceNo: 2 }, tableId, documentId, version: 0 };
}

async function redact(ledger: Ledger, redaction: Redaction): Promise<void> {
  const transaction = ledger.begin();
  transaction.redaction = redaction;
  await ledger.commit(transaction);
}

const files = () => ["journal", "snapshot"].map((name) => join(folder, name)).filter(existsSync);
const onDisk = (text: string) => files().some((file) => readFileSync(file).includes(text));

test.each(["s", "a secret", "a long secret ".repeat(100)])(
  "redacted data is nowhere any more, and everything verifies: %j",
  async (secret) => {
    let ledger = await start();
    const redaction = await changedOnce(ledger, secret);
    await ledger.snapshot();
    const root = ledger.store.blocks.root();
    const [before] = await runIn(ledger, "SELECT * FROM history(T)");
    await redact(ledger, redaction);
    for (const again of [false, true]) {
      if (again) ledger = await start();
      const [first, second] = await runIn(ledger, "SELECT * FROM history(T)");
      expect(fieldOf(first, "data")).toBe("MISSING");
      expect(fieldOf(first, "dataHash")).toMatch(/^\{\{/);
      expect(fieldOf(first, "hash")).toBe(fieldOf(before, "hash"));
      expect(fieldOf(first, "metadata")).toBe(fieldOf(before, "metadata"));
      expect(fieldOf(second, "data")).toBe('{s:"public"}');
      expect(ledger.store.blocks.root(4)).toEqual(root);
      if (secret.length > 1) expect(onDisk(secret)).toBe(false);
      await ledger.snapshot();
      expect(await verifyJournal(join(folder, "journal"))).toMatchObject({ blocks: 5 });
    }
    rmSync(join(folder, "snapshot"));
    ledger = await start();
    expect(fieldOf((await runIn(ledger, "SELECT * FROM history(T)"))[0], "data")).toBe("MISSING");
    expect(await runIn(ledger, "SELECT VALUE s FROM T WHERE s = 'public'")).toEqual(['"public"']);
  },
);

test("killed between the commit and the erasing: the next start erases", async () => {
  let ledger = await start();
  const redaction = await changedOnce(ledger, "a secret");
  await ledger.close();
  const journal = join(folder, "journal");
  copyFileSync(journal, join(folder, "before"));
  ledger = await start();
  await redact(ledger, redaction);
  await ledger.close();
  // The journal as it was right after the commit: the old blocks, then the one that asks for the redaction.
  const [old, now] = [readFileSync(join(folder, "before")), readFileSync(journal)];
  writeFileSync(journal, Buffer.concat([old, now.subarray(old.length)]));
  rmSync(join(folder, "snapshot"), { force: true });
  expect(onDisk("a secret")).toBe(true);
  ledger = await start();
  expect(onDisk("a secret")).toBe(false);
  expect(fieldOf((await runIn(ledger, "SELECT * FROM history(T)"))[0], "data")).toBe("MISSING");
});

test("padding of any length is passed over", () => {
  for (let length = 0; length < 400; length++) {
    expect(padding(length)).toHaveLength(length);
    expect(readBinary(Buffer.concat([writeBinary(int(7)), padding(length)]))).toEqual(int(7));
  }
});

test("a row that was read before stays what it was", async () => {
  const ledger = await start();
  await runIn(ledger, "CREATE TABLE T");
  await runIn(ledger, "INSERT INTO T ?", { s: "as it was", more: { s: "inside" } });
  const transaction = ledger.begin();
  const statement = "SELECT VALUE t FROM T AS t";
  const digest = { statement, startTime: 0, statementDigest: ledger.digests.digest(statement, []) };
  const rows = execute({
    ...{ store: ledger.store, transaction, parsed: ledger.statements.get(statement), parameters: [], newId },
    ...{ now: Date.now(), clock: Date.now, usage: { readIOs: 0, writeIOs: 0 } },
    ...{ budget: new Budget(1 << 20), statement: transaction.begin(digest) },
  });
  const row = rows.next();
  if (row.done === true || row.value === pause) throw new Error("no row");
  await runIn(ledger, "UPDATE T SET s = ?", "public");
  const documentId = JSON.parse((await runIn(ledger, "SELECT VALUE id FROM T BY id"))[0] ?? "") as string;
  const [tableId = ""] = ledger.store.tables.keys();
  await redact(ledger, { address: { strandId: "strand", sequenceNo: 1 }, tableId, documentId, version: 0 });
  expect(fieldOf((await runIn(ledger, "SELECT * FROM history(T)"))[0], "data")).toBe("MISSING");
  expect(writeText(row.value)).toBe('{s:"as it was",more:{s:"inside"}}');
  await expect(ledger.commit(transaction)).rejects.toThrow("Optimistic concurrency control failure");
});
