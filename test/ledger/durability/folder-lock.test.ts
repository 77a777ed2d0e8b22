import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, test } from "vitest";
import { FolderLockError, lockFolder } from "../../../ledger/folder-lock.ts";
import { containerIn } from "../../../ledger/lock-holder.ts";
import { type LedgerProcess, startProcess } from "./process.ts";

const lockingProgram = fileURLToPath(new URL("lock-once.ts", import.meta.url));
let folder = "";
const running: LedgerProcess[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "lock-"));
});
afterEach(async () => {
  await Promise.all(running.splice(0).map((each) => each.end("SIGKILL")));
  rmSync(folder, { recursive: true, force: true });
});

async function start(before?: readonly string[]): Promise<LedgerProcess> {
  const started = await startProcess(folder, {}, before);
  running.push(started);
  return started;
}

async function end(started: LedgerProcess, signal: "SIGTERM" | "SIGKILL"): Promise<number | null> {
  running.splice(running.indexOf(started), 1);
  return await started.end(signal);
}

test("a folder in use is refused, naming the process that uses it, since when, and how to end it", async () => {
  const first = await start();
  const { pid } = first.child;
  await expect(startProcess(folder)).rejects.toThrow(
    new RegExp(`ended with 1: .*is in use by process ${pid} on \\S+ since 20\\S+Z: end that one \\(kill ${pid}\\)`),
  );
  await end(first, "SIGTERM");
  await start();
});

test("what a killed server leaves is taken over at once", async () => {
  for (let round = 0; round < 3; round++) {
    const server = await start();
    expect(JSON.parse(readFileSync(join(folder, "server.json"), "utf8"))).toMatchObject({ pid: server.child.pid, host: hostname() });
    await end(server, "SIGKILL");
  }
  await start();
});

test.each([
  ["cut off while it was written", '{"pid":1'],
  ["empty", ""],
  ["of a dead process", JSON.stringify({ pid: 1 << 22, identity: "boot 1" })],
  // The same id, used again by another process that lives.
  ["of an id that another process has now", JSON.stringify({ pid: process.pid, identity: "boot 1" })],
])("a lock file of a former version is taken over: %s", async (_, text) => {
  writeFileSync(join(folder, "lock"), text);
  await start();
  expect(statSync(join(folder, "lock"), { throwIfNoEntry: false })).toBeUndefined();
});

test("a server of a former version that still runs keeps its folder", () => {
  const parent = process.ppid;
  const stat = readFileSync(`/proc/${parent}/stat`, "utf8");
  const began = stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19];
  const boot = readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
  writeFileSync(join(folder, "lock"), JSON.stringify({ pid: parent, identity: `${boot} ${began}` }));
  expect(() => lockFolder(folder)).toThrow(`is in use by process ${parent} on ${hostname()}: end that one (kill ${parent})`);
  rmSync(join(folder, "lock"));
  lockFolder(folder)();
});

test("a ledger may be called lock", () => {
  mkdirSync(join(folder, "lock"));
  lockFolder(folder)();
  expect(statSync(join(folder, "lock")).isDirectory()).toBe(true);
});

test("a lock file of ours that holds something else is refused with the way out, an empty one is taken", () => {
  const path = join(folder, "server.lock");
  writeFileSync(path, "half a lo");
  expect(() => lockFolder(folder)).toThrow(`${path} is not the lock of a ledger's folder: remove it`);
  truncateSync(path);
  lockFolder(folder)();
});

test("within one process a folder is taken once, too, and the refusal gives up nothing", () => {
  const unlock = lockFolder(folder);
  for (let count = 0; count < 3; count++) expect(() => lockFolder(folder)).toThrow(FolderLockError);
  unlock();
  lockFolder(folder)();
});

// Root may write everywhere, unless it gives that right up.
const asOwner = process.getuid?.() === 0 ? ["setpriv", "--bounding-set=-dac_override", "--inh-caps=-dac_override"] : [];

test.each([
  ["a lock that may only be read", () => chmodSync(join(folder, "server.lock"), 0o444), "server.lock"],
  ["a folder that may only be read", () => chmodSync(folder, 0o555), ""],
])("%s is refused: it would keep nobody out", async (_, protect, name) => {
  lockFolder(folder)();
  rmSync(join(folder, "server.lock"), { force: true });
  writeFileSync(join(folder, "server.lock"), "");
  protect();
  await expect(startProcess(folder, {}, asOwner)).rejects.toThrow(`EACCES: permission denied, access '${join(folder, name)}'`);
  chmodSync(folder, 0o755);
});

test("of two that start at the same time exactly one has the folder, 100 times; the loser says that it is in use", {
  timeout: 120_000,
}, async () => {
  const racers = [0, 1].map(() => {
    const child = spawn(process.execPath, [lockingProgram, folder], { stdio: ["pipe", "pipe", "inherit"] });
    let text = "";
    child.stdout.on("data", (data) => {
      text += data;
    });
    return { child, lines: () => text.split("\n").filter((line) => line !== "") };
  });
  try {
    await expect.poll(() => racers.every(({ lines }) => lines()[0] === "ready"), { timeout: 30_000 }).toBe(true);
    for (let race = 1; race <= 100; race++) {
      for (const { child } of racers) child.stdin.write("take\n");
      await expect.poll(() => racers.every(({ lines }) => lines().length === 2 * race), { timeout: 30_000, interval: 1 }).toBe(true);
      expect(racers.map(({ lines }) => lines()[2 * race - 1]).sort(), `race ${race}`).toEqual(["FolderLockError", "taken"]);
      for (const { child } of racers) child.stdin.write("give\n");
      await expect.poll(() => racers.every(({ lines }) => lines().length === 2 * race + 1), { timeout: 30_000, interval: 1 }).toBe(true);
    }
  } finally {
    for (const { child } of racers) child.kill("SIGKILL");
    await Promise.all(racers.map(({ child }) => (child.exitCode ?? child.signalCode) === null && once(child, "exit")));
  }
});

test("a container is known by what its engine mounts into it", () => {
  const id = "0123456789abcdef".repeat(4);
  const docker = `655 640 254:1 /var/lib/docker/containers/${id}/hostname /etc/hostname rw,relatime - ext4 /dev/vda1 rw\n`;
  const podman = `655 640 0:45 /containers/storage/overlay-containers/${id}/userdata/hostname /etc/hostname rw - tmpfs tmpfs rw\n`;
  expect([docker, podman].map(containerIn)).toEqual(["0123456789ab", "0123456789ab"]);
  expect(containerIn("22 1 254:1 / / rw,relatime - ext4 /dev/vda1 rw\n")).toBeUndefined();
});
