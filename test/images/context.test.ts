import { chmodSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { extract } from "tar-stream";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type ContextFile, contextTar, folderFiles } from "../../images/context.ts";

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "nitro-context-"));
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

async function entries(files: readonly ContextFile[]) {
  const reader = extract();
  reader.end(await buffer(contextTar(files)));
  const found: { name: string; mode: number | undefined; uid: number | undefined; mtime: number | undefined; text: string }[] = [];
  for await (const entry of reader) {
    const { name, mode, uid, mtime } = entry.header;
    const chunks: Buffer[] = [];
    for await (const chunk of entry) chunks.push(chunk as Buffer);
    found.push({ name, mode, uid, mtime: mtime?.getTime(), text: Buffer.concat(chunks).toString() });
  }
  return found;
}

test("the files of a folder that are asked for arrive whole, executables as such, owned by root, whatever the umask was", async () => {
  writeFileSync(join(folder, "run"), "#!/bin/sh\n");
  chmodSync(join(folder, "run"), 0o700);
  writeFileSync(join(folder, "Dockerfile"), "FROM x\n");
  chmodSync(join(folder, "Dockerfile"), 0o600);
  writeFileSync(join(folder, "README.md"), "# Not asked for\n");
  expect(await entries(await folderFiles(folder, ["Dockerfile", "run"]))).toEqual([
    { name: "Dockerfile", mode: 0o644, uid: 0, mtime: 0, text: "FROM x\n" },
    { name: "run", mode: 0o755, uid: 0, mtime: 0, text: "#!/bin/sh\n" },
  ]);
});

test("the same files give the same bytes at any time", async () => {
  writeFileSync(join(folder, "a"), "a");
  const before = await buffer(contextTar(await folderFiles(folder, ["a"])));
  utimesSync(join(folder, "a"), new Date(1), new Date(2));
  expect(await buffer(contextTar(await folderFiles(folder, ["a"])))).toEqual(before);
});

test("a large file is read from its path, not into memory first", async () => {
  const path = join(folder, "node");
  writeFileSync(path, Buffer.alloc(3_000_000, "n"));
  const [entry] = await entries([{ name: "bin/node", content: { path }, mode: 0o755 }]);
  expect(entry).toMatchObject({ name: "bin/node", mode: 0o755 });
  expect(entry?.text).toHaveLength(3_000_000);
});

test("a file that is not there is an error, not an archive without it", async () => {
  const files = [
    { name: "a", content: Buffer.from("a") },
    { name: "b", content: { path: join(folder, "missing") } },
  ];
  await expect(buffer(contextTar(files))).rejects.toThrow(/ENOENT/);
});
