import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { readLines, writeLines } from "../../data/lines.ts";
import { StackSnapshots, snapshotFiles, snapshotNamed } from "../../data/snapshots.ts";

const root = mkdtempSync(join(tmpdir(), "nitro-snapshots-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const facts = (savedAt: string) => ({ savedAt, journalBytes: 1, keys: 2, objects: 3 });
const fill = (content: string, savedAt: string) => async (folder: string) => {
  writeFileSync(join(folder, "journal"), content, { mode: 0o600 });
  return facts(savedAt);
};

test("snapshots are told oldest first, with the size of their files; one that fails leaves nothing", async () => {
  const snapshots = new StackSnapshots(root, "alice");
  expect(await snapshots.list()).toEqual([]);
  await snapshots.save("later", false, fill("22", "2026-01-02T00:00:00Z"));
  await snapshots.save("earlier", false, fill("1", "2026-01-01T00:00:00Z"));
  const failing = snapshots.save("failing", false, async (folder) => {
    writeFileSync(join(folder, "journal"), "");
    throw new Error("the disk is full");
  });
  await expect(failing).rejects.toThrow("the disk is full");
  const listed = await snapshots.list();
  expect(listed.map(({ name }) => name)).toEqual(["earlier", "later"]);
  expect(listed[1]?.bytes).toBe((listed[0]?.bytes ?? 0) + 1);
  const folder = join(root, ".nitro", "alice", "snapshots");
  expect(readdirSync(folder).sort()).toEqual(["earlier", "later"]);
  for (const path of [folder, join(folder, "later")]) expect(statSync(path).mode & 0o777).toBe(0o700);
  expect(statSync(snapshotFiles(join(folder, "later")).facts).mode & 0o777).toBe(0o600);
});

test("a name that is taken is left alone unless it is to be replaced; one that fails in its place leaves the old one", async () => {
  const snapshots = new StackSnapshots(root, "bob");
  const made = await snapshots.save("one", false, fill("1", "2026-01-01T00:00:00Z"));
  await expect(snapshots.save("one", false, fill("22", "2026-01-02T00:00:00Z"))).rejects.toThrow('has a snapshot "one" already');
  const failing = async () => {
    throw new Error("Redis is gone");
  };
  await expect(snapshots.save("one", true, failing)).rejects.toThrow("Redis is gone");
  expect(await snapshots.list()).toEqual([made]);
  await snapshots.save("one", true, fill("22", "2026-01-02T00:00:00Z"));
  expect((await snapshots.list()).map(({ bytes }) => bytes)).toEqual([made.bytes + 1]);
  await expect(snapshots.find("onw")).rejects.toMatchObject({
    message: expect.stringContaining('it has "one"'),
    hint: 'did you mean "one"?',
  });
  await snapshots.remove("one");
  await expect(snapshots.remove("one")).rejects.toThrow("it has none");
});

test("what no command has written is no snapshot", async () => {
  for (const [name, text] of [
    ["torn", '{"savedAt": "20'],
    ["other", "{}"],
  ] as const) {
    const folder = join(root, ".nitro", "carol", "snapshots", name);
    mkdirSync(folder, { recursive: true });
    writeFileSync(snapshotFiles(folder).facts, text);
  }
  expect(await new StackSnapshots(root, "carol").list()).toEqual([]);
});

test.each(["..", ".hidden", "a/b", "", "a b", "x".repeat(65)])("%j is no name of a snapshot", (name) => {
  expect(() => snapshotNamed(name)).toThrow("a snapshot's name is");
});

test("values come back from their lines as they were", async () => {
  const file = join(root, "lines");
  const values = [{ text: "a\nb\u2028c" }, { text: "" }, { bytes: Buffer.from([0, 255]).toString("base64") }];
  const written = writeLines(
    file,
    (async function* () {
      yield* values;
    })(),
  );
  expect(await written).toBe(3);
  expect(statSync(file).mode & 0o777).toBe(0o600);
  const read: unknown[] = [];
  for await (const value of readLines(file)) read.push(value);
  expect(read).toEqual(values);
});
