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
import { installExecutable, loadExecutable, pruneStaged, stageExecutable } from "../../executable/staging.ts";
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
  expect(statSync(staged).size).toBe(loaded.bytes.length);
});

test("a staged file with a damaged byte is replaced", async () => {
  const loaded = await loadExecutable(root, executable(), arch, "alice");
  const bin = await stageExecutable(root, "alice", loaded);
  const staged = join(bin, loaded.sha256, "payments");
  const damaged = Buffer.from(loaded.bytes);
  damaged.writeUInt8(damaged.readUInt8(damaged.length - 1) ^ 1, damaged.length - 1);
  chmodSync(staged, 0o755);
  writeFileSync(staged, damaged);
  await installExecutable(root, "alice", loaded, []);
  expect(readFileSync(staged)).toEqual(loaded.bytes);
  expect(statSync(staged).mode & 0o777).toBe(0o555);
  expect(readdirSync(bin)).toEqual([loaded.sha256]);
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
