import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { load } from "ion-js";
import { afterEach, beforeEach, expect, test } from "vitest";
import { shownBlock } from "../../../ledger/control/shown-block.ts";
import { writeBinary } from "../../../ledger/ion/binary-writer.ts";
import { writeText } from "../../../ledger/ion/text.ts";
import { int } from "../../../ledger/ion/value.ts";
import { makeBlock, readJournalBlock, recordValue } from "../../../ledger/journal/block.ts";
import { journalHeader } from "../../../ledger/journal/header.ts";
import { frame } from "../../../ledger/journal/records.ts";
import type { Ledger } from "../../../ledger/ledger.ts";
import { verifyFolder } from "../../../ledger/verify/verify-folder.ts";
import { verifyJournal } from "../../../ledger/verify/verify-journal.ts";
import { chainProblem } from "../control/exported-blocks.ts";
import { openLedger } from "../open-ledger.ts";
import { fieldOf, runIn } from "../run-in.ts";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "rules-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const journal = () => join(folder, "demo", "journal");

/** A ledger as it was written before there were rules: inserts, updates, deletions and redactions. */
function takeFormer(): void {
  cpSync(join(import.meta.dirname, "rules-1"), join(folder, "demo"), { recursive: true });
}

const seen = (ledger: Ledger) => runIn(ledger, "SELECT h.metadata.id, h.metadata.version, h.data, h.hash FROM history(T) AS h");

async function shown(ledger: Ledger) {
  const numbers = Array.from({ length: ledger.store.sequenceNo + 1 }, (_, index) => index);
  const blocks = await Promise.all(numbers.map((index) => ledger.block(index)));
  return blocks.flatMap((block) => (block === undefined ? [] : (load(writeText(shownBlock(block))) ?? [])));
}

/** Changes, deletes and redacts. */
async function goOn(ledger: Ledger): Promise<void> {
  await runIn(ledger, "INSERT INTO T <<{'n': 100, 'secret': 'a'}, {'n': 101}>>");
  await runIn(ledger, "UPDATE T SET secret = 'b' WHERE n = 100");
  await runIn(ledger, "DELETE FROM T WHERE n = 101");
  const [row] = await runIn(
    ledger,
    "SELECT h.metadata.id AS id, h.blockAddress.sequenceNo AS place FROM history(T) AS h WHERE h.data.secret = 'a'",
  );
  const [tableId = ""] = ledger.store.tables.keys();
  const transaction = ledger.begin();
  const address = { strandId: "strand", sequenceNo: Number(fieldOf(row, "place")) };
  transaction.redaction = { address, tableId, documentId: JSON.parse(fieldOf(row, "id")) as string, version: 0 };
  await ledger.commit(transaction);
}

test.each(["with its snapshot", "without one"])(
  "a journal of before starts, verifies and goes on by the present rules, %s",
  async (which) => {
    takeFormer();
    if (which === "without one") rmSync(join(folder, "demo", "snapshot"));
    const [{ blocks: before = 0 } = {}] = await verifyFolder(folder);
    expect(before).toBeGreaterThan(15);
    let ledger = await openLedger(join(folder, "demo"));
    const history = await seen(ledger);
    expect(chainProblem(await shown(ledger))).toMatch(/^block \d+: /);
    await goOn(ledger);
    await ledger.snapshot();
    for (const _ of ["from the snapshot", "from the journal"]) {
      expect((await verifyFolder(folder)).map(({ blocks }) => blocks)).toEqual([before + 4]);
      expect((await seen(ledger)).filter((row) => history.includes(row))).toHaveLength(history.length);
      const blocks = await shown(ledger);
      expect(chainProblem(blocks.slice(before))).toBeUndefined();
      expect(blocks.at(-1)?.get("redactionInfo", "revisions", 0, "documentId")).toBeTruthy();
      await ledger.close();
      rmSync(join(folder, "demo", "snapshot"), { force: true });
      ledger = await openLedger(join(folder, "demo"));
    }
    await ledger.close();
  },
);

test("the present rules are not taken for the former ones, nor these for them", async () => {
  takeFormer();
  const ledger = await openLedger(join(folder, "demo"));
  await goOn(ledger);
  const numbers = Array.from({ length: ledger.store.sequenceNo + 1 }, (_, index) => index);
  const blocks = (await Promise.all(numbers.map((index) => ledger.block(index)))).flatMap((block) => block ?? []);
  await ledger.close();
  const header = readFileSync(journal()).subarray(0, journalHeader({ strandId: "strand", ledger: "demo" }).length);
  const put = (change: (block: (typeof blocks)[number]) => (typeof blocks)[number]) =>
    writeFileSync(journal(), Buffer.concat([header, ...blocks.map((block) => frame(writeBinary(recordValue(change(block)))))]));
  put((block) => block);
  expect(await verifyJournal(journal())).toMatchObject({ blocks: blocks.length });
  for (const rules of [1, 2] as const) {
    put((block) => ({ ...block, rules }));
    await expect(verifyJournal(journal())).rejects.toThrow(
      /the block's hash does not fit its content|the hash of document \w+, version \d+, does not fit/,
    );
  }
});

test("a new journal takes no block of the former rules, and no version takes rules that it does not know", async () => {
  const ledger = await openLedger(join(folder, "demo"));
  await runIn(ledger, "CREATE TABLE T");
  const first = await ledger.block(0);
  await ledger.close();
  if (first === undefined) throw new Error("no block");
  expect(readFileSync(journal()).toString("latin1")).toMatch(/^nitro-ledger-journal-4\n/);
  const owner = { strandId: "strand", ledger: "demo" };
  const former = makeBlock({ ...first, rules: 1 }, Buffer.alloc(0));
  writeFileSync(journal(), Buffer.concat([journalHeader(owner), frame(writeBinary(recordValue(former)))]));
  await expect(verifyJournal(journal())).rejects.toThrow("the block is made by rules 1, the journal's are 2");
  const later = recordValue(first);
  if (later.type !== "struct") throw new Error("no struct");
  const fields = later.fields.map((each) => (each.name === "rules" ? { ...each, value: int(3) } : each));
  expect(() => readJournalBlock(writeBinary({ ...later, fields }))).toThrow(
    "a block is made by rules 3: this version of the ledger knows 1 and 2",
  );
});
