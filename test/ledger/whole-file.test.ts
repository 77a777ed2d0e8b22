import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { replaceOnDisk, unlessMissing } from "../../ledger/whole-file.ts";

let folder = "";
let file = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "nitro-whole-"));
  file = join(folder, "file");
  writeFileSync(file, "old");
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test("a file is replaced, for its owner alone, and nothing is left beside it", async () => {
  expect(await replaceOnDisk(file, (draft) => draft.writeFile("new"))).toBe(true);
  expect(readFileSync(file, "utf8")).toBe("new");
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(readdirSync(folder)).toEqual(["file"]);
});

test("one that fails or is given up half-way leaves the old file", async () => {
  const failing = replaceOnDisk(file, async (draft) => {
    await draft.writeFile("half");
    throw new Error("no more");
  });
  await expect(failing).rejects.toThrow("no more");
  const givenUp = await replaceOnDisk(file, async (draft) => {
    await draft.writeFile("half");
    return false;
  });
  expect(givenUp).toBe(false);
  expect(readFileSync(file, "utf8")).toBe("old");
  expect(readdirSync(folder)).toEqual(["file"]);
});

test("a process that is killed half-way leaves the old file, and the next one replaces it", async () => {
  const program = `
    import { replaceOnDisk } from ${JSON.stringify(join(import.meta.dirname, "../../ledger/whole-file.ts"))};
    await replaceOnDisk(${JSON.stringify(file)}, async (draft) => {
      await draft.writeFile("much longer than the next one");
      console.log("written");
      setInterval(() => {}, 1000);
      await new Promise(() => {});
    });`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", program], { stdio: ["ignore", "pipe", "inherit"] });
  await once(child.stdout, "data");
  child.kill("SIGKILL");
  await once(child, "close");
  expect(readFileSync(file, "utf8")).toBe("old");
  await replaceOnDisk(file, (draft) => draft.writeFile("new"));
  expect(readFileSync(file, "utf8")).toBe("new");
  expect(readdirSync(folder)).toEqual(["file"]);
});

test("a missing file is undefined, any other error stays one", async () => {
  expect(await unlessMissing(readFile(join(folder, "none"), "utf8"))).toBeUndefined();
  expect(await unlessMissing(readFile(file, "utf8"))).toBe("old");
  await expect(unlessMissing(readFile(folder, "utf8"))).rejects.toThrow("EISDIR");
});
