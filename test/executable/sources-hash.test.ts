import { mkdirSync, mkdtempSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeEach, expect, test } from "vitest";
import { sourcesHash } from "../../executable/sources-hash.ts";

const scratch = mkdtempSync(join(tmpdir(), "nitro-sources-"));
const folder = join(scratch, "sources");
const isGo = (file: string) => file.endsWith(".go");

beforeEach(() => {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(join(folder, "inner"), { recursive: true });
  writeFileSync(join(folder, "main.go"), "a");
  writeFileSync(join(folder, "inner", "b.go"), "b");
  writeFileSync(join(folder, "notes.txt"), "c");
});
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

test("changes with the sources, by content and by name, and with nothing else", () => {
  const before = sourcesHash(folder, isGo);
  expect(before).toMatch(/^[0-9a-f]{16}$/);
  writeFileSync(join(folder, "notes.txt"), "changed");
  mkdirSync(join(folder, "node_modules"));
  writeFileSync(join(folder, "node_modules", "x.go"), "x");
  expect(sourcesHash(folder, isGo)).toBe(before);
  writeFileSync(join(folder, "inner", "b.go"), "changed");
  const changed = sourcesHash(folder, isGo);
  expect(changed).not.toBe(before);
  writeFileSync(join(folder, "inner", "c.go"), "");
  expect(new Set([before, changed, sourcesHash(folder, isGo)]).size).toBe(3);
});

test("a link counts by where it points, and is not followed", () => {
  symlinkSync("/proc", join(folder, "link.go"));
  const there = sourcesHash(folder, isGo);
  unlinkSync(join(folder, "link.go"));
  symlinkSync("/sys", join(folder, "link.go"));
  expect(sourcesHash(folder, isGo)).not.toBe(there);
});

test("a folder that is not there has no sources", () => {
  expect(sourcesHash(join(scratch, "nowhere"), isGo)).toBe(sourcesHash(join(scratch, "elsewhere"), isGo));
});
