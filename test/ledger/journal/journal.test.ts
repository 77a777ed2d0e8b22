import { appendFileSync, mkdtempSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { padding, writeBinary } from "../../../ledger/ion/binary-writer.ts";
import { struct, text } from "../../../ledger/ion/value.ts";
import { createJournal, headerSize, journalHeader } from "../../../ledger/journal/header.ts";
import { Journal } from "../../../ledger/journal/journal.ts";
import { frame, headSize, JournalError } from "../../../ledger/journal/records.ts";

let folder = "";
let path = "";
const owner = { strandId: "strand", ledger: "demo" };

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "journal-"));
  path = join(folder, "journal");
  await createJournal(path, owner);
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

interface Opened {
  readonly journal: Journal;
  readonly records: string[];
  readonly torn: string[];
}

async function open(): Promise<Opened> {
  const records: string[] = [];
  const torn: string[] = [];
  const onFailure = (error: Error) => torn.push(`failed: ${error.message}`);
  const journal = await Journal.open(path, {
    onRecord: (content) => records.push(content.toString()),
    onTorn: (message) => torn.push(message),
    log: (message) => torn.push(message),
    onFailure,
  });
  return { journal, records, torn };
}

/** What opening the journal finds; it is closed again. */
async function contents(): Promise<Omit<Opened, "journal">> {
  const { journal, ...found } = await open();
  await journal.close();
  return found;
}

async function write(...contents: readonly string[]): Promise<number[]> {
  const { journal } = await open();
  const offsets: number[] = [];
  for (const content of contents) {
    const { offset, durable } = journal.append(Buffer.from(content));
    await durable;
    offsets.push(offset);
  }
  await journal.close();
  return offsets;
}

test("what was appended is replayed, in order, over several runs", async () => {
  expect(await contents()).toEqual({ records: [], torn: [] });
  const [first, second] = await write("one", "");
  await write("three");
  expect(await contents()).toEqual({ records: ["one", "", "three"], torn: [] });
  const { journal } = await open();
  expect((await journal.read(first ?? 0)).toString()).toBe("one");
  expect((await journal.read(second ?? 0)).toString()).toBe("");
  await expect(journal.read((first ?? 0) + 1)).rejects.toThrow(JournalError);
  await journal.close();
});

test("records that are appended at once are all there, and each is durable when it says so", async () => {
  const { journal } = await open();
  const names = Array.from({ length: 200 }, (_, index) => `record ${index}`);
  await Promise.all(
    names.map(async (name) => {
      await journal.append(Buffer.from(name)).durable;
      expect(readFileSync(path).includes(name)).toBe(true);
    }),
  );
  await journal.close();
  expect((await contents()).records).toEqual(names);
});

test("what was appended is told of in order, each time once it is on disk", async () => {
  const { journal } = await open();
  const told: number[] = [];
  const appended = Array.from({ length: 50 }, (_, index) => {
    const { offset, durable } = journal.append(Buffer.from(`record ${index}`), (failure) => {
      expect(failure).toBeUndefined();
      expect(journal.end).toBeGreaterThan(offset);
      expect(readFileSync(path).includes(`record ${index}`)).toBe(true);
      told.push(index);
    });
    expect(journal.end).toBe(headerSize);
    return durable;
  });
  await Promise.all(appended);
  expect(told).toEqual(Array.from({ length: 50 }, (_, index) => index));
  await journal.close();
});

test("a closed journal takes nothing, and that is no failure of the disk", async () => {
  const { journal, torn } = await open();
  await journal.close();
  await expect(journal.append(Buffer.from("late")).durable).rejects.toThrow("closed");
  expect(torn).toEqual([]);
});

test("a record cut off at any byte is removed; all before it stay, and writing goes on", async () => {
  await write("first record", "second record");
  const sound = readFileSync(path);
  const lost = frame(Buffer.from("the last one"));
  for (let length = 1; length < lost.length; length++) {
    writeFileSync(path, Buffer.concat([sound, lost.subarray(0, length)]));
    const { records, torn } = await contents();
    expect(records, `${length} bytes`).toEqual(["first record", "second record"]);
    expect(torn).toHaveLength(1);
    expect(torn[0]).toContain(`offset ${sound.length}`);
    expect(statSync(path).size).toBe(sound.length);
  }
  await write("third record");
  expect((await contents()).records).toEqual(["first record", "second record", "third record"]);
});

test("a last record whose end was never written is cut off, whatever of it is zeros and however many zeros follow", async () => {
  await write("first record", "second record");
  const sound = readFileSync(path);
  const lost = frame(Buffer.from("the last one"));
  for (let written = 0; written < lost.length; written++) {
    for (const behind of [0, 1, 5000]) {
      writeFileSync(path, Buffer.concat([sound, lost.subarray(0, written), Buffer.alloc(lost.length - written + behind)]));
      const { records, torn } = await contents();
      expect(records, `${written} bytes`).toEqual(["first record", "second record"]);
      expect(torn).toEqual([expect.stringContaining(`the last record was cut off at offset ${sound.length}`)]);
      expect(statSync(path).size).toBe(sound.length);
    }
  }
});

test("a record that ends in zeros with a sound one behind it is damage: it was answered", async () => {
  const [first = 0] = await write("first record", "second record");
  const damaged = readFileSync(path);
  damaged.fill(0, first + 16, first + headSize + "first record".length);
  writeFileSync(path, damaged);
  await expect(open()).rejects.toThrow(`${path}, offset ${first}: the checksum of a record does not fit`);
  expect(readFileSync(path).equals(damaged)).toBe(true);
});

test("the zeros that a block is padded with are not taken for what was never written", async () => {
  const block = Buffer.concat([writeBinary(struct({ a: text("long enough") })), padding(48)]);
  const { journal } = await open();
  const { offset, durable } = journal.append(block);
  await durable;
  await journal.close();
  const sound = readFileSync(path);
  for (let at = offset; at < sound.length - 48; at++) {
    const damaged = Buffer.from(sound);
    damaged.writeUInt8(damaged.readUInt8(at) ^ 1, at);
    writeFileSync(path, damaged);
    await expect(open(), `byte ${at}`).rejects.toThrow(`${path}, offset ${offset}: `);
  }
  for (let written = offset; written < sound.length - 47; written++) {
    writeFileSync(path, Buffer.concat([sound.subarray(0, written), Buffer.alloc(sound.length - written)]));
    expect((await contents()).records, `${written} bytes`).toHaveLength(0);
  }
});

test("zeros behind the last record are a cut-off record", async () => {
  await write("one");
  const { size } = statSync(path);
  appendFileSync(path, Buffer.alloc(5000));
  expect((await contents()).records).toEqual(["one"]);
  expect(statSync(path).size).toBe(size);
});

test("an emptied journal, and one that was cut inside its header, is refused with the way out and left as it is", async () => {
  await write("one");
  for (let length = 0; length < headerSize; length++) {
    truncateSync(path, length);
    const what = length === 0 ? "it is empty" : `the file ends at ${length}, inside its header`;
    await expect(open(), `${length} bytes`).rejects.toThrow(`${path}, offset ${length}: ${what}; put it back from a copy`);
    expect(statSync(path).size).toBe(length);
    writeFileSync(path, journalHeader(owner));
  }
});

test("a header that a crash has cut off at any byte, or left as zeros, is made anew: its ledger has no description yet", async () => {
  const header = journalHeader(owner);
  for (let length = 0; length <= header.length; length++) {
    for (const begun of [header.subarray(0, length), Buffer.alloc(length)]) {
      writeFileSync(path, begun);
      await createJournal(path, { ...owner, ledger: "other" });
      expect(readFileSync(path).equals(journalHeader({ ...owner, ledger: "other" }))).toBe(true);
    }
  }
  writeFileSync(path, Buffer.concat([header, frame(Buffer.from("record"))]));
  await expect(createJournal(path, owner)).rejects.toThrow("a file is there already");
  writeFileSync(path, "notes");
  await expect(createJournal(path, owner)).rejects.toThrow("a file is there already");
  expect(readFileSync(path, "utf8")).toBe("notes");
});

test("any flipped bit is refused, with file, offset and what is wrong", async () => {
  const [first = 0, second = 0] = await write("first record", "second record");
  const sound = readFileSync(path);
  for (let bit = 0; bit < sound.length * 8; bit++) {
    const damaged = Buffer.from(sound);
    const at = bit >> 3;
    damaged.writeUInt8(damaged.readUInt8(at) ^ (1 << (bit & 7)), at);
    writeFileSync(path, damaged);
    const place = at < headerSize ? 0 : at < second ? first : second;
    await expect(open(), `bit ${bit}`).rejects.toThrow(`${path}, offset ${place}: `);
    expect(readFileSync(path).equals(damaged), "a damaged file is left as it is").toBe(true);
  }
});

test.each(["not a journal at all, but a longer text", "x", "nitro-ledger-journal-9\n"])(
  "a foreign file is refused and kept: %j",
  async (text) => {
    writeFileSync(path, text);
    await expect(open()).rejects.toThrow(JournalError);
    expect(readFileSync(path, "utf8")).toBe(text);
  },
);

test("what a reader of the records throws refuses the journal at that place", async () => {
  const [, second] = await write("one", "two");
  const refuse = (content: Buffer) => {
    if (content.toString() === "two") throw new Error("the chain is broken");
  };
  await expect(
    Journal.open(path, { onRecord: refuse, onTorn: () => undefined, log: () => undefined, onFailure: () => undefined }),
  ).rejects.toThrow(`${path}, offset ${second}: the chain is broken`);
});

test("records larger than what is read at once", async () => {
  const large = "large".repeat(1 << 20);
  await write("small", large, "end");
  expect((await contents()).records).toEqual(["small", large, "end"]);
});
