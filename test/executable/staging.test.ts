import { createHash, randomBytes } from "node:crypto";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { writeOverride } from "../../executable/live-override.ts";
import { loadExecutable, loadForAnyEngine, loadStaged } from "../../executable/loading.ts";
import { binFolder, installExecutable, pruneStaged, stageExecutable } from "../../executable/staging.ts";
import { witnessFits } from "../../executable/witness.ts";
import { deadPid } from "../toolchain/folder.ts";
import { elf } from "./elf.ts";

const arch = "amd64";
let root = "";
let umask = 0;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "nitro-staging-"));
  umask = process.umask(0o077);
});

afterEach(() => {
  process.umask(umask);
  rmSync(root, { recursive: true, force: true });
});

function executable(name = "payments"): string {
  const path = join(root, name);
  writeFileSync(path, elf());
  return path;
}

test("what is staged is what was read, readable by the containers' user under any umask", async () => {
  const path = executable();
  const built = new Date("2026-01-02T03:04:05Z");
  utimesSync(path, built, built);
  const loaded = await loadExecutable(root, path, arch, "alice");
  const bin = await stageExecutable(root, "alice", loaded);
  const staged = join(bin, loaded.sha256, "payments");
  expect(readFileSync(staged)).toEqual(readFileSync(path));
  expect(statSync(staged).mode & 0o777).toBe(0o555);
  expect(statSync(join(bin, loaded.sha256)).mode & 0o777).toBe(0o755);
  expect(statSync(bin).mode & 0o777).toBe(0o755);
  expect(statSync(staged).mtime).toEqual(built);
});

test("staging again changes nothing, and leaves nothing half-way", async () => {
  const loaded = await loadExecutable(root, executable(), arch, "alice");
  const bin = await stageExecutable(root, "alice", loaded);
  const inode = statSync(join(bin, loaded.sha256, "payments")).ino;
  await stageExecutable(root, "alice", loaded);
  expect(statSync(join(bin, loaded.sha256, "payments")).ino).toBe(inode);
  expect(readdirSync(bin)).toEqual([loaded.sha256]);
});

test("a staged file that was cut off is replaced", async () => {
  const loaded = await loadExecutable(root, executable(), arch, "alice");
  const bin = await stageExecutable(root, "alice", loaded);
  const staged = join(bin, loaded.sha256, "payments");
  chmodSync(staged, 0o755);
  truncateSync(staged, 10);
  await stageExecutable(root, "alice", loaded);
  expect(statSync(staged).size).toBe(loaded.size);
});

test("a staged file with a damaged byte is replaced", async () => {
  const loaded = await loadExecutable(root, executable(), arch, "alice");
  const bin = await stageExecutable(root, "alice", loaded);
  const staged = join(bin, loaded.sha256, "payments");
  const damaged = elf();
  damaged.writeUInt8(damaged.readUInt8(damaged.length - 1) ^ 1, damaged.length - 1);
  chmodSync(staged, 0o755);
  writeFileSync(staged, damaged);
  await installExecutable(root, "alice", loaded, []);
  expect(readFileSync(staged)).toEqual(elf());
  expect(statSync(staged).mode & 0o777).toBe(0o555);
  expect(readdirSync(bin)).toEqual([loaded.sha256]);
});

test("one that is about to run is staged while it is read, once for each content", async () => {
  const path = executable();
  const loaded = await loadStaged(root, path, arch, "alice");
  const staged = join(binFolder(root, "alice"), loaded.sha256, "payments");
  expect(readFileSync(staged)).toEqual(elf());
  expect(statSync(staged).mode & 0o777).toBe(0o555);
  const inode = statSync(staged).ino;
  expect(await loadStaged(root, path, arch, "alice")).toEqual(loaded);
  expect(await loadExecutable(root, path, arch, "alice")).toEqual(loaded);
  // What was read is what runs, whatever becomes of the file.
  rmSync(path);
  await installExecutable(root, "alice", loaded, []);
  expect(statSync(staged).ino).toBe(inode);
  expect(readdirSync(binFolder(root, "alice"))).toEqual([loaded.sha256]);
});

test("where the stack has run none, or is gone, one is not staged before an update asks for it", async () => {
  const path = executable();
  const { sha256 } = await loadForAnyEngine(root, path, arch, "alice");
  expect(existsSync(join(root, ".nitro"))).toBe(false);
  mkdirSync(binFolder(root, "alice"), { recursive: true });
  await loadForAnyEngine(root, path, arch, "alice");
  expect(readdirSync(binFolder(root, "alice"))).toEqual([sha256]);
});

test("what is refused while it is staged leaves nothing", async () => {
  const path = executable();
  truncateSync(path, 500);
  await expect(loadStaged(root, path, arch, "alice")).rejects.toThrow(/cut off/);
  expect(readdirSync(binFolder(root, "alice"))).toEqual([]);
});

test("one that was read and is another one by now is not staged", async () => {
  const path = executable();
  const loaded = await loadExecutable(root, path, arch, "alice");
  writeFileSync(path, Buffer.concat([elf(), Buffer.alloc(1)]));
  await expect(stageExecutable(root, "alice", loaded)).rejects.toThrow(/it changed after it was read/);
  rmSync(path);
  await expect(stageExecutable(root, "alice", loaded)).rejects.toThrow(/it changed after it was read/);
  expect(readdirSync(binFolder(root, "alice"))).toEqual([]);
});

test("a large one is read to its last byte", async () => {
  const content = Buffer.concat([elf(), randomBytes(3 * 2 ** 20 + 17)]);
  const path = join(root, "large");
  writeFileSync(path, content);
  const { sha256, size } = await loadStaged(root, path, arch, "alice");
  expect([sha256, size]).toEqual([createHash("sha256").update(content).digest("hex"), content.length]);
  expect(readFileSync(join(binFolder(root, "alice"), sha256, "payments"))).toEqual(content);
});

test("a witness fits no longer once anything of the file has changed, its times set back or not", async () => {
  const { sha256 } = await loadStaged(root, executable(), arch, "alice");
  const folder = join(binFolder(root, "alice"), sha256);
  const staged = join(folder, "payments");
  expect(await witnessFits(folder, staged)).toBe(true);
  const { atime, mtime } = statSync(staged);
  const other = elf();
  other.writeUInt8(1, 511);
  chmodSync(staged, 0o755);
  writeFileSync(staged, other);
  chmodSync(staged, 0o555);
  utimesSync(staged, atime, mtime);
  expect(await witnessFits(folder, staged)).toBe(false);
  // Whole again: it is looked at once, and known from then on.
  const loaded = await loadStaged(root, executable(), arch, "alice");
  expect(loaded.sha256).toBe(sha256);
  expect(readFileSync(staged)).toEqual(elf());
  expect(await witnessFits(folder, staged)).toBe(true);
});

test("a staged file whose witness was lost or is of another start of the system is known again once it was read", async () => {
  const loaded = await loadStaged(root, executable(), arch, "alice");
  const folder = join(binFolder(root, "alice"), loaded.sha256);
  const staged = join(folder, "payments");
  const inode = statSync(staged).ino;
  rmSync(join(folder, "witness"));
  await stageExecutable(root, "alice", loaded);
  expect(await witnessFits(folder, staged)).toBe(true);
  const witness = readFileSync(join(folder, "witness"), "utf8");
  rmSync(join(folder, "witness"));
  writeFileSync(join(folder, "witness"), witness.replace(/^\S+/, "d77222df-4a34-4245-9229-000000000000"));
  expect(await witnessFits(folder, staged)).toBe(false);
  await stageExecutable(root, "alice", loaded);
  expect(await witnessFits(folder, staged)).toBe(true);
  expect(statSync(staged).ino).toBe(inode);
});

test("pruning spares what is named and removes the rest, also what a killed run left", async () => {
  const loaded = await loadExecutable(root, executable(), arch, "alice");
  const bin = await stageExecutable(root, "alice", loaded);
  const old = "0".repeat(64);
  mkdirSync(join(bin, old));
  mkdirSync(join(bin, `.new-${deadPid}-1`));
  await pruneStaged(root, "alice", new Set([loaded.sha256]));
  expect(readdirSync(bin)).toEqual([loaded.sha256]);
  await pruneStaged(root, "nobody", new Set());
  expect(existsSync(join(root, ".nitro", "nobody"))).toBe(false);
});

test("pruning spares what runs live, and what was staged a moment ago where that is asked for", async () => {
  const loaded = await loadExecutable(root, executable(), arch, "alice");
  const bin = await stageExecutable(root, "alice", loaded);
  const [live, recent, old] = ["1", "2", "3"].map((digit) => digit.repeat(64)) as [string, string, string];
  for (const sha256 of [live, recent, old]) mkdirSync(join(bin, sha256));
  const hourAgo = new Date(Date.now() - 3_600_000);
  for (const sha256 of [live, old, loaded.sha256]) utimesSync(join(bin, sha256), hourAgo, hourAgo);
  await writeOverride(bin, "worker", { declared: loaded.sha256, live });
  await stageExecutable(root, "alice", loaded);
  await pruneStaged(root, "alice", new Set(), 60_000);
  expect(readdirSync(bin).sort()).toEqual([live, recent, loaded.sha256, "live-worker"].sort());
  await installExecutable(root, "alice", loaded, []);
  expect(readdirSync(bin)).toEqual([loaded.sha256]);
});

test("a missing file, a folder and a cut-off file each get their own message", async () => {
  await expect(loadExecutable(root, "nothing", arch, "alice")).rejects.toThrow(/^executable nothing: there is no such file; give the path/);
  await expect(loadExecutable(root, undefined, arch, "alice")).rejects.toThrow(
    /\.nitro\/build\/\w+\/payments: there is no such file; build it with: \.\/nitro up -s alice/,
  );
  await expect(loadExecutable(root, ".", arch, "alice")).rejects.toThrow(/it is a folder/);
  const path = executable("cut");
  truncateSync(path, statSync(path).size - 1);
  await expect(loadExecutable(root, path, arch, "alice")).rejects.toThrow(
    /^executable cut: the file has \d+ bytes, its headers promise \d+/,
  );
});

test("a file that is too large to be one is told by its size, and not read", async () => {
  writeFileSync(join(root, "payments"), "");
  truncateSync(join(root, "payments"), 3 * 2 ** 30);
  await expect(loadExecutable(root, "payments", arch, "alice")).rejects.toThrow(
    /^executable payments: it has 3\.0 GiB; allowed are at most 1\.0 GiB: is it an image or a dump\? give the path of a built executable/,
  );
});

test("a link to an executable is followed", async () => {
  executable("real");
  symlinkSync("real", join(root, "link"));
  expect((await loadExecutable(root, "link", arch, "alice")).sha256).toMatch(/^[0-9a-f]{64}$/);
});

test("an executable that changes while it is read is refused", async () => {
  const path = executable();
  const writing = setInterval(() => writeFileSync(path, Buffer.concat([elf(), Buffer.alloc(1 + Math.floor(Math.random() * 1000))])), 0);
  let refused = 0;
  try {
    for (let tries = 0; tries < 2000 && refused === 0; tries++) {
      await loadExecutable(root, path, arch, "alice").catch((error: Error) => {
        expect(error.message).toMatch(/it changed while it was read|being written|still writing/);
        refused++;
      });
    }
  } finally {
    clearInterval(writing);
  }
  expect(refused).toBe(1);
});
