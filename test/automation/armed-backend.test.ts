import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, test } from "vitest";
import { ArmedBackend } from "../../automation/armed-backend.ts";
import { clearStaleLocks, HeldError, parseLock, stackLockFolder } from "../../automation/lock.ts";

let scratch = "";
let real = "";
let folder = "";
let settings = "";

beforeEach(() => {
  scratch = mkdtempSync(join(tmpdir(), "nitro-armed-"));
  real = join(scratch, "backend");
  folder = join(scratch, "armed");
  settings = join(scratch, "Pulumi.alice.yaml");
  write(settings, "config: {}\n");
  write(checkpoint(real), "one");
});
afterEach(() => rmSync(scratch, { recursive: true, force: true }));

const checkpoint = (where: string) => join(where, ".pulumi", "stacks", "nitro", "alice.json");
const copy = () => ArmedBackend.copy(real, folder, "alice", [settings]);
const locks = () => (existsSync(stackLockFolder(real, "alice")) ? readdirSync(stackLockFolder(real, "alice")) : []);

function write(file: string, text: string): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}

async function copied(): Promise<ArmedBackend> {
  const backend = await copy();
  if (backend === undefined) throw new Error("nothing was copied");
  return backend;
}

test("before it joins, what is written in it does not reach the real stack, and nobody sees a lock", async () => {
  const backend = await copied();
  const inside = fileURLToPath(backend.url);
  expect(readFileSync(checkpoint(inside), "utf8")).toBe("one");
  write(checkpoint(inside), "two");
  expect(readFileSync(checkpoint(real), "utf8")).toBe("one");
  expect(locks()).toEqual([]);
});

test("after it has joined, what is written in it is the real stack's", async () => {
  const backend = await copied();
  expect(await backend.join(process.pid)).toBe(true);
  const inside = fileURLToPath(backend.url);
  write(checkpoint(inside), "two");
  write(join(inside, ".pulumi", "history", "nitro", "alice", "1.json"), "{}");
  expect(readFileSync(checkpoint(real), "utf8")).toBe("two");
  expect(existsSync(join(real, ".pulumi", "history", "nitro", "alice", "1.json"))).toBe(true);
});

test("it locks the real stack in pulumi's own words, and only while it has joined", async () => {
  const backend = await copied();
  await backend.join(4711);
  const [name = ""] = locks();
  expect(name).toMatch(/^[0-9a-f-]{36}\.json$/);
  expect(parseLock(readFileSync(join(stackLockFolder(real, "alice"), name), "utf8"))).toMatchObject({ pid: 4711, hostname: hostname() });
  await backend.remove();
  expect(locks()).toEqual([]);
  expect(existsSync(folder)).toBe(false);
  expect(readFileSync(checkpoint(real), "utf8")).toBe("one");
});

test("the lock of one that was killed is found to be stale", async () => {
  await (await copied()).join(2 ** 22 + 1);
  expect(await clearStaleLocks(real, "alice")).toHaveLength(1);
});

test.each([
  ["the stack", () => write(checkpoint(real), "two")],
  ["its settings", () => write(settings, "config: {a: b}\n")],
  ["its settings, which are gone", () => rmSync(settings)],
])("it does not join where somebody has changed %s", async (_, change) => {
  const backend = await copied();
  change();
  expect(await backend.isUnchanged()).toBe(false);
  expect(await backend.join(process.pid)).toBe(false);
  expect(locks()).toEqual([]);
});

test("it does not join where somebody else holds the stack, whose lock stays", async () => {
  const backend = await copied();
  write(join(stackLockFolder(real, "alice"), "theirs.json"), JSON.stringify({ pid: 1, hostname: "elsewhere" }));
  expect(await backend.join(process.pid)).toBe(false);
  expect(locks()).toEqual(["theirs.json"]);
  await expect(clearStaleLocks(real, "alice")).rejects.toBeInstanceOf(HeldError);
});

test("a stack that is not there, or is being changed, is not copied", async () => {
  write(join(stackLockFolder(real, "alice"), "theirs.json"), "{}");
  expect(await copy()).toBeUndefined();
  expect(existsSync(folder)).toBe(false);
  expect(await ArmedBackend.copy(real, folder, "bob", [])).toBeUndefined();
});

test("what a killed one left behind is removed, and what a living one has made stays", async () => {
  const first = await copied();
  const dead = join(folder, `of-${2 ** 22 + 1}-00000000`);
  mkdirSync(dead);
  const second = await copied();
  expect(existsSync(dead)).toBe(false);
  await second.join(process.pid);
  write(checkpoint(fileURLToPath(first.url)), "two");
  expect(readFileSync(checkpoint(real), "utf8")).toBe("one");
  await second.remove();
  expect(existsSync(fileURLToPath(first.url))).toBe(true);
  await first.remove();
  expect(existsSync(folder)).toBe(false);
});
