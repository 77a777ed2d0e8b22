import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { allStale, backendFolder, clearStaleLocks, heldBy, isStale, locksNamed, parseLock, updateVariable } from "../../automation/lock.ts";
import { descendants, killTree, listProcesses } from "../../common/process-tree.ts";

const lock = { pid: 42, username: "ann", hostname: "here", timestamp: "2026-11-24T00:00:00Z" };

describe("parseLock", () => {
  it("reads pulumi's lock and nothing else", () => {
    expect(parseLock(JSON.stringify(lock))).toEqual(lock);
    for (const text of ["", "{", "null", "[]", '{"pid":"42","hostname":"here"}', '{"pid":42}']) expect(parseLock(text)).toBeUndefined();
  });
});

describe("isStale", () => {
  it("believes only in dead processes of this host", () => {
    expect(isStale(lock, "here", () => false)).toBe(true);
    expect(isStale(lock, "here", () => true)).toBe(false);
    expect(isStale(lock, "elsewhere", () => false)).toBe(false);
  });

  it("takes a half-written lock for a dead one", () => {
    expect(isStale(undefined, "here", () => true)).toBe(true);
  });
});

describe("locksNamed", () => {
  const named = (...holders: string[]) =>
    `error: the stack is currently locked by ${holders.length} lock(s). Either wait for the other process(es) to end or delete the lock file with \`pulumi cancel\`.\n${holders
      .map((holder, index) => `  s3://b/.pulumi/locks/organization/nitro/alice/${index}.json: created by ${holder} at 2026-11-24T00:00:00Z`)
      .join("\n")}`;

  it("reads every holder that pulumi names, and nothing from other errors", () => {
    expect(locksNamed(named("ann@here (pid 42)", "bob@there (pid 7)"))).toEqual([
      lock,
      { ...lock, pid: 7, username: "bob", hostname: "there" },
    ]);
    expect(locksNamed("error: created by ann@here (pid 42) at noon")).toEqual([]);
  });

  it("has all of them clearable only where each is of a process of this host that has ended", async () => {
    const child = spawn("true");
    await once(child, "exit");
    const dead = { ...lock, pid: child.pid ?? 0, hostname: hostname() };
    expect(allStale([dead])).toBe(true);
    expect(allStale([dead, { ...dead, hostname: "elsewhere.example" }])).toBe(false);
    expect(allStale([])).toBe(false);
  });
});

describe("heldBy", () => {
  const now = Date.parse("2026-11-24T03:10:00Z");

  it("names holder and age, and on this host the way to end it", () => {
    const { message, hint } = heldBy("alice", { ...lock, hostname: hostname() }, now);
    expect(message).toBe(`stack "alice" is being changed by ann on ${hostname()} (process 42, since 2026-11-24T00:00:00Z, 3 h ago)`);
    expect(hint).toBe("wait for it, or end it: kill -INT 42");
  });

  it.runIf(process.platform === "linux")("names the command that has started the pulumi, which ends cleanly", async () => {
    const folder = await mkdtemp(join(tmpdir(), "nitro-command-"));
    const script = join(folder, "cli/core/start.ts");
    await mkdir(join(folder, "cli/core"), { recursive: true });
    await writeFile(
      script,
      'import { spawn } from "node:child_process"; console.log(spawn("sleep", ["300"], { detached: true, stdio: "ignore" }).pid);',
    );
    const command = spawn(process.execPath, [script, "watch", "-s", "alice"], { stdio: ["ignore", "pipe", "ignore"] });
    const [pulumi] = (await once(createInterface({ input: command.stdout }), "line")) as [string];
    const { message, hint } = heldBy("alice", { ...lock, pid: Number(pulumi), hostname: hostname() }, now);
    killTree(command.pid ?? 0);
    await rm(folder, { recursive: true });
    expect(message).toContain(`(nitro watch, process ${command.pid}, since 2026-11-24T00:00:00Z, 3 h ago)`);
    expect(hint).toBe(`wait for it, or end it: kill -INT ${command.pid}`);
  });

  it("never names a process of another host, or of this one under a former name, as something to end here", () => {
    const { message, hint } = heldBy("alice", { ...lock, hostname: "elsewhere.example" }, now);
    expect(message).toContain("ann on elsewhere.example (process 42, since 2026-11-24T00:00:00Z, 3 h ago)");
    expect(hint).toContain("pulumi cancel --yes --stack alice");
    expect(hint).not.toContain("kill");
  });

  it.each([
    ["2026-11-24T03:09:30Z", ")"],
    ["2026-11-24T02:00:00Z", ", 70 min ago)"],
    ["2026-11-19T02:00:00Z", ", 5 days ago)"],
    ["once", ")"],
  ])("of %s: %s", (timestamp, expected) => {
    expect(heldBy("alice", { ...lock, timestamp }, now).message).toContain(`since ${timestamp}${expected}`);
  });
});

describe("backendFolder", () => {
  it.each([
    ["file:///var/x", "/var/x"],
    ["file://~", "/home/ann"],
    ["file://~/x", "/home/ann/x"],
    ["file://./x", "/home/x"],
    ["file:///with%20blank?metadata=skip", "/with blank"],
    ["s3://bucket", undefined],
    ["https://api.pulumi.com", undefined],
    [undefined, undefined],
  ])("%s is %s", (url, folder) => {
    expect(backendFolder(url, "/home", "/home/ann")).toBe(folder);
  });
});

describe("clearStaleLocks", () => {
  let folder: string;
  let locks: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "nitro-locks-"));
    locks = join(folder, ".pulumi/locks/organization/nitro/alice");
    await mkdir(locks, { recursive: true });
  });
  afterEach(() => rm(folder, { recursive: true }));

  async function deadPid(): Promise<number> {
    const child = spawn("true");
    await once(child, "exit");
    return child.pid ?? 0;
  }

  it("removes the lock of a process that has ended, and half-written ones", async () => {
    const dead = { ...lock, pid: await deadPid(), hostname: hostname() };
    await writeFile(join(locks, "a.json"), JSON.stringify(dead));
    await writeFile(join(locks, "a.json.attrs"), "{}");
    await writeFile(join(locks, "b.json"), "");
    expect(await clearStaleLocks(folder, "alice")).toEqual([dead]);
    expect(await readdir(locks)).toEqual([]);
  });

  it("does not take another program with the same process id for pulumi", async () => {
    await writeFile(join(locks, "a.json"), JSON.stringify({ ...lock, pid: process.pid, hostname: hostname() }));
    expect(await clearStaleLocks(folder, "alice")).toHaveLength(process.platform === "linux" ? 1 : 0);
  });

  it.runIf(process.platform === "linux")("kills nobody whose session has the number of a lock by now", async () => {
    const stranger = spawn("sh", ["-c", "sleep 300 & wait"], { detached: true, stdio: "ignore" });
    await writeFile(join(locks, "a.json"), JSON.stringify({ ...lock, pid: stranger.pid, hostname: hostname() }));
    expect(await clearStaleLocks(folder, "alice")).toHaveLength(1);
    expect(await readdir(locks)).toEqual([]);
    await sleep(100);
    expect(stranger.signalCode).toBeNull();
    expect(descendants(stranger.pid ?? 0, listProcesses())).toHaveLength(1);
    killTree(stranger.pid ?? 0);
  });

  it.runIf(process.platform === "linux")("kills what a dead pulumi of the stack left running", async () => {
    const env = { ...process.env, [updateVariable]: "alice" };
    const leader = spawn("sh", ["-c", "sleep 300 & echo $!"], { detached: true, env, stdio: ["ignore", "pipe", "ignore"] });
    const [left] = (await once(createInterface({ input: leader.stdout }), "line")) as [string];
    await once(leader, "exit");
    await writeFile(join(locks, "a.json"), JSON.stringify({ ...lock, pid: leader.pid, hostname: hostname() }));
    await clearStaleLocks(folder, "alice");
    await expect.poll(() => listProcesses().some(({ pid }) => pid === Number(left)), { timeout: 5_000 }).toBe(false);
  });

  it("names the holder of a lock from another host and leaves it", async () => {
    await writeFile(join(locks, "a.json"), JSON.stringify({ ...lock, hostname: "elsewhere.example" }));
    await expect(clearStaleLocks(folder, "alice")).rejects.toThrow(
      /^stack "alice" is being changed by ann on elsewhere\.example \(process 42, since 2026-11-24T00:00:00Z, \d+ days ago\)$/,
    );
    expect(await readdir(locks)).toEqual(["a.json"]);
  });

  it("has nothing to do for a stack that was never updated", async () => {
    expect(await clearStaleLocks(folder, "bob")).toEqual([]);
  });
});
