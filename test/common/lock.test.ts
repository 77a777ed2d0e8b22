import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type LockHolder, withLock } from "../../common/lock.ts";
import { processStat } from "../../common/process-tree.ts";
import { repository } from "../../images/inputs.ts";

let folder: string;
let path: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "nitro-lock-"));
  path = join(folder, "images.lock");
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

test("work is done one after the other", async () => {
  const log: string[] = [];
  const work = (name: string) => async () => {
    log.push(`${name} begins`);
    await new Promise((resolve) => setTimeout(resolve, 20));
    log.push(`${name} ends`);
  };
  await Promise.all(["a", "b", "c"].map((name) => withLock(path, work(name), { intervalMs: 1 })));
  for (let at = 0; at < log.length; at += 2) expect(log[at + 1]).toBe(log[at]?.replace("begins", "ends"));
  expect(log).toHaveLength(6);
  expect(readdirSync(folder)).toEqual([]);
});

test("the lock is given back when the work fails", async () => {
  await expect(withLock(path, () => Promise.reject(new Error("no")))).rejects.toThrow("no");
  expect(await withLock(path, async () => "again")).toBe("again");
});

/** Starts a process that takes the lock and says so. */
async function holder() {
  const script = `import { withLock } from "${repository}common/lock.ts";
    await withLock(process.argv[1], () => new Promise(() => { console.log("held"); setInterval(() => undefined, 1000); }));`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", script, path], { stdio: ["ignore", "pipe", "inherit"] });
  await once(child.stdout, "data");
  return child;
}

test("another process that holds it is waited for and named; killed, it holds nothing", async () => {
  const child = await holder();
  const waited: LockHolder[] = [];
  const result = await withLock(path, async () => "mine", {
    intervalMs: 1,
    onWait: (found) => {
      waited.push(found);
      child.kill("SIGKILL");
    },
  });
  expect(result).toBe("mine");
  expect(waited).toMatchObject([{ pid: child.pid, host: hostname() }]);
  expect(readdirSync(folder)).toEqual([]);
});

test("as long as another process has it that is said at once, and every ten seconds", async () => {
  const child = await holder();
  let now = 0;
  const clock = {
    now: () => now,
    sleep: async () => {
      now += 4_000;
    },
  };
  const told: number[] = [];
  const onWait = (_: LockHolder, waited: number) => {
    told.push(waited);
    if (told.length === 3) child.kill("SIGKILL");
  };
  await withLock(path, async () => "mine", { clock, onWait });
  expect(told.slice(0, 3)).toEqual([0, 12_000, 20_000]);
});

test("a killed one that nobody has asked for its end holds nothing", async () => {
  const parent = spawn("sh", ["-c", "sleep 0 & echo $!; exec sleep 60"], { stdio: ["ignore", "pipe", "inherit"] });
  const [line] = await once(parent.stdout, "data");
  const pid = Number(line);
  await expect.poll(() => processStat(pid)?.[0]).toBe("Z");
  writeFileSync(path, JSON.stringify({ pid, host: hostname(), started: "", draft: join(folder, "draft") }));
  expect(await withLock(path, async () => "mine", { onWait: () => expect.fail("it waits for a zombie") })).toBe("mine");
  parent.kill();
});

test("a later process of the same number does not hold what the earlier one left", async () => {
  writeFileSync(path, JSON.stringify({ pid: process.pid, host: hostname(), started: "1", draft: `${path}.gone` }));
  expect(await withLock(path, async () => "mine")).toBe("mine");
});

test.runIf(process.platform === "linux")(
  "nor does one of the same number and the same moment after another start of the system",
  async () => {
    const own = await withLock(path, async () => JSON.parse(readFileSync(path, "utf8")) as LockHolder);
    expect(own.started).toMatch(/^[0-9a-f-]{36} \d+$/);
    const earlier = { ...own, started: own.started.replace(/^\S+/, "00000000-0000-0000-0000-000000000000") };
    writeFileSync(path, JSON.stringify(earlier));
    expect(await withLock(path, async () => "mine")).toBe("mine");
  },
);

test.each(["{torn", "{}", ""])("a lock file with %j is nobody's lock", async (text) => {
  writeFileSync(path, text);
  const seen = await withLock(path, async () => JSON.parse(readFileSync(path, "utf8")) as LockHolder);
  expect(seen.pid).toBe(process.pid);
});
