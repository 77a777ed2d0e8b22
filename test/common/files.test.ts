import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { ifPresent, ifPresentSync, writeByDraft, writeWhole } from "../../common/files.ts";
import { deadPid, testFolder } from "../toolchain/folder.ts";

test("what is missing is undefined, what is there is read, every other error stays", async () => {
  const folder = testFolder();
  const file = join(folder, "file");
  expect(await ifPresent(readFile(file, "utf8"))).toBeUndefined();
  expect(ifPresentSync(() => readFileSync(file, "utf8"))).toBeUndefined();
  expect(await ifPresent(readdir(join(folder, "none")))).toBeUndefined();
  writeFileSync(file, "text");
  expect(await ifPresent(readFile(file, "utf8"))).toBe("text");
  expect(ifPresentSync(() => readFileSync(file, "utf8"))).toBe("text");
  expect(await ifPresent(readFile(join(file, "below"), "utf8"))).toBeUndefined();
  await expect(ifPresent(readFile(folder, "utf8"))).rejects.toThrow("EISDIR");
  expect(() => ifPresentSync(() => readFileSync(folder))).toThrow("EISDIR");
});

test("a file is replaced, with its mode under any umask, and nothing is left beside it", async () => {
  const folder = testFolder();
  const file = join(folder, "settings");
  const umask = process.umask(0o077);
  try {
    await writeWhole(file, "one");
    await writeWhole(file, Buffer.from("two"), { mode: 0o644, durable: true });
  } finally {
    process.umask(umask);
  }
  expect(readFileSync(file, "utf8")).toBe("two");
  expect(statSync(file).mode & 0o777).toBe(0o644);
  expect(readdirSync(folder)).toEqual(["settings"]);
});

test("a failure half-way leaves the old file, and nothing beside it", async () => {
  const folder = testFolder();
  const file = join(folder, "file");
  await writeWhole(file, "old");
  const failed = writeByDraft(file, async (draft) => {
    await writeFile(draft, "half");
    throw new Error("no more");
  });
  await expect(failed).rejects.toThrow("no more");
  expect(readFileSync(file, "utf8")).toBe("old");
  expect(readdirSync(folder)).toEqual(["file"]);
});

test("a process that is killed between writing and renaming leaves the old file; the next writer clears up", async () => {
  const folder = testFolder();
  const file = join(folder, "file");
  await writeWhole(file, "old");
  const program = `
    import { writeFile } from "node:fs/promises";
    import { writeByDraft } from ${JSON.stringify(join(import.meta.dirname, "../../common/files.ts"))};
    await writeByDraft(${JSON.stringify(file)}, async (draft) => {
      await writeFile(draft, "new");
      console.log("written");
      setInterval(() => {}, 1000);
      await new Promise(() => {});
    });`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", program], { stdio: ["ignore", "pipe", "inherit"] });
  await once(child.stdout, "data");
  child.kill("SIGKILL");
  await once(child, "close");
  expect(readFileSync(file, "utf8")).toBe("old");
  expect(readdirSync(folder)).toHaveLength(2);

  await writeWhole(file, "whole");
  expect(readFileSync(file, "utf8")).toBe("whole");
  expect(readdirSync(folder)).toEqual(["file"]);
});

test("what living processes are writing, and files of other names, stay", async () => {
  const folder = testFolder();
  const others = [`.file.new-${process.ppid}-1`, `.other.new-${deadPid}-1`, ".file.new-"];
  for (const name of others) mkdirSync(join(folder, name));
  mkdirSync(join(folder, `.file.new-${deadPid}-1`));
  await writeWhole(join(folder, "file"), "text");
  expect(readdirSync(folder).sort()).toEqual([...others, "file"].sort());
});

test("of many writers at once one wins, and every reader sees a whole text", async () => {
  const folder = testFolder();
  const file = join(folder, "file");
  const texts = ["a", "b", "c", "d"].map((letter) => letter.repeat(300_000));
  await writeWhole(file, texts[0] ?? "");
  let writing = true;
  const reading = (async () => {
    const seen = new Set<string>();
    while (writing) seen.add(await readFile(file, "utf8"));
    return seen;
  })();
  for (let round = 0; round < 10; round++) await Promise.all(texts.map((text) => writeWhole(file, text)));
  writing = false;
  for (const text of await reading) expect(texts.includes(text)).toBe(true);
  expect(texts).toContain(readFileSync(file, "utf8"));
  expect(readdirSync(folder)).toEqual(["file"]);
});
