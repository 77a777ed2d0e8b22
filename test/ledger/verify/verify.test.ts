import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Registry } from "../../../ledger/control/registry.ts";
import { writeBinary } from "../../../ledger/ion/binary-writer.ts";
import { type Block, makeBlock, readJournalBlock, recordValue } from "../../../ledger/journal/block.ts";
import { headerSize } from "../../../ledger/journal/header.ts";
import { frame, headSize, JournalError } from "../../../ledger/journal/records.ts";
import { verifyFolder } from "../../../ledger/verify/verify-folder.ts";
import { verifyJournal } from "../../../ledger/verify/verify-journal.ts";
import { runIn } from "../run-in.ts";
import { place } from "../server.ts";

let folder = "";
let journal = "";
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "verify-"));
  journal = join(folder, "demo", "journal");
  const fail = (error: Error) => {
    throw error;
  };
  const registry = await Registry.open(folder, place, { now: Date.now, log: () => undefined, onFailure: fail });
  await registry.create({ name: "demo", permissionsMode: "STANDARD", deletionProtection: false, tags: {} });
  const ledger = registry.ledger("demo");
  if (ledger === undefined) throw new Error("there is no ledger demo");
  await runIn(ledger, "CREATE TABLE T");
  for (let n = 0; n < 20; n++) await runIn(ledger, "INSERT INTO T ?", { n, text: "t".repeat(n) });
  await runIn(ledger, "UPDATE T SET n = ? WHERE n = ?", 100, 5);
  await runIn(ledger, "DELETE FROM T WHERE n = ?", 6);
  await ledger.snapshot();
  await registry.close();
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** The journal's blocks, one after the other. */
function blocks(): Block[] {
  const bytes = readFileSync(journal);
  const found: Block[] = [];
  for (let at = headerSize; at < bytes.length; ) {
    const length = bytes.readUInt32BE(at);
    found.push(readJournalBlock(bytes.subarray(at + headSize, at + headSize + length)));
    at += headSize + length;
  }
  return found;
}

/** Puts other blocks into the journal, with checksums that fit. */
function replace(changed: readonly Block[]): void {
  const header = readFileSync(journal).subarray(0, headerSize);
  writeFileSync(journal, Buffer.concat([header, ...changed.map((block) => frame(writeBinary(recordValue(block))))]));
}

test("a sound folder is verified whole, while it is used or not", async () => {
  const [ledger] = await verifyFolder(folder);
  expect(ledger).toMatchObject({ name: "demo", blocks: 23, revisions: 23, snapshotBlocks: 23, torn: 0 });
  writeFileSync(journal, Buffer.concat([readFileSync(journal), Buffer.from("half a rec")]));
  expect(await verifyJournal(journal)).toMatchObject({ blocks: 23, torn: 10 });
});

test("forged data is found although every checksum and every block's hash fits", async () => {
  const forged = blocks().map((block, index) => {
    if (index !== 7) return block;
    const revisions = block.revisions.map((revision) => ({ ...revision, data: { type: "int", value: 1n } as const }));
    return { ...block, revisions };
  });
  replace(forged);
  await expect(verifyJournal(journal)).rejects.toThrow(/offset \d+: the hash of document \w{22}, version 0, does not fit its content/);
});

test("a block that was left out, doubled or chained anew is found", async () => {
  const sound = blocks();
  replace(sound.filter((_, index) => index !== 7));
  await expect(verifyJournal(journal)).rejects.toThrow("block 8 stands where 7 belongs");
  replace(sound.flatMap((block, index) => (index === 7 ? [block, block] : [block])));
  await expect(verifyJournal(journal)).rejects.toThrow("block 7 stands where 8 belongs");
  replace(
    sound.map((block, index) =>
      index === 7 ? makeBlock({ ...block, timestamp: 0, info: { ...block.info, statements: [] } }, block.previousBlockHash) : block,
    ),
  );
  await expect(verifyJournal(journal)).rejects.toThrow("the hash of the block before does not fit");
});

test("a journal that is shorter than its snapshot is found", async () => {
  replace(blocks().slice(0, 10));
  await expect(verifyFolder(folder)).rejects.toThrow("it has 10 blocks, but the snapshot beside it knows 23");
});

test("one bit that is not as it was is found in any byte of a journal", async () => {
  replace(blocks().slice(0, 2));
  const sound = readFileSync(journal);
  const missed: number[] = [];
  for (let at = 0; at < sound.length; at++) {
    const bytes = Buffer.from(sound);
    bytes.writeUInt8(bytes.readUInt8(at) ^ (1 << (at & 7)), at);
    writeFileSync(journal, bytes);
    await verifyJournal(journal).then(
      () => missed.push(at),
      (error: unknown) => expect(error).toBeInstanceOf(JournalError),
    );
  }
  expect(missed).toEqual([]);
  expect(sound.length).toBeGreaterThan(1000);
});
