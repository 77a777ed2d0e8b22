import { createHash } from "node:crypto";
import { appendFileSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { readFileOnce } from "../../executable/read-through.ts";
import { elf } from "./elf.ts";

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "nitro-read-"));
  writeFileSync(join(folder, "payments"), elf());
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

const sha256 = (content: Buffer) => createHash("sha256").update(content).digest("hex");

test("a file that another one takes the place of meanwhile is read whole, and is not torn", async () => {
  const [file, copy, next] = ["payments", "copy", "next"].map((name) => join(folder, name)) as [string, string, string];
  writeFileSync(next, Buffer.concat([elf(), Buffer.alloc(5_000_000, 1)]));
  const found = await readFileOnce(file, { copy, check: () => renameSync(next, file) });
  expect(found).toMatchObject({ torn: false, sha256: sha256(elf()), size: elf().length });
  expect(readFileSync(copy)).toEqual(elf());
});

test("a file that is written to meanwhile is torn", async () => {
  const file = join(folder, "payments");
  const found = await readFileOnce(file, { check: () => appendFileSync(file, "more") });
  expect(found.torn).toBe(true);
});
