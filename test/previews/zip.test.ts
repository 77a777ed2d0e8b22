import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { readZipEntry } from "../../previews/zip.ts";
import { makeZip } from "./make-zip.ts";

const files = { "base.json": '{"a":1}', "head.json": "x".repeat(1000) };

describe.each([[0], [8]] as const)("an archive, method %s", (method) => {
  const archive = makeZip(files, method);

  test("gives its files, and nothing for others", () => {
    for (const [name, text] of Object.entries(files)) expect(readZipEntry(archive, name, 1000)?.toString()).toBe(text);
    expect(readZipEntry(archive, "../base.json", 1000)).toBeUndefined();
  });

  test("gives no more than is allowed, whatever it says of its size", () => {
    expect(() => readZipEntry(archive, "head.json", 999)).toThrow("larger than 999 bytes");
  });

  test("is refused wherever it is cut off", () => {
    for (let length = 0; length < archive.length; length++) {
      expect(() => readZipEntry(archive.subarray(0, length), "head.json", 2000), `cut at ${length}`).toThrow(
        expect.objectContaining({ name: "ZipError" }),
      );
    }
  });

  test("is read or refused, never a crash, with any byte changed", () => {
    for (let at = 0; at < archive.length; at++) {
      const damaged = Buffer.from(archive);
      damaged.writeUInt8(damaged.readUInt8(at) ^ 0xff, at);
      try {
        expect((readZipEntry(damaged, "head.json", 2000) ?? "").length).toBeLessThanOrEqual(2000);
      } catch (error) {
        expect(error).toMatchObject({ name: "ZipError" });
      }
    }
  });
});

test("a small archive that unpacks to a large file stops at what is allowed", () => {
  const bomb = makeZip({ "head.json": "0".repeat(50_000_000) });
  expect(bomb.length).toBeLessThan(100_000);
  expect(() => readZipEntry(bomb, "head.json", 2_000_000)).toThrow("larger than 2000000 bytes");
});

test("another program's archives are read, too", () => {
  const folder = mkdtempSync(join(tmpdir(), "nitro-zip-"));
  try {
    const script = `import zipfile\nwith zipfile.ZipFile("x.zip", "w", zipfile.ZIP_DEFLATED) as z: z.writestr("head.json", "hello"); z.comment = b"a comment"`;
    execFileSync("python3", ["-c", script], { cwd: folder });
    expect(readZipEntry(readFileSync(join(folder, "x.zip")), "head.json", 100)?.toString()).toBe("hello");
  } finally {
    rmSync(folder, { recursive: true });
  }
});
