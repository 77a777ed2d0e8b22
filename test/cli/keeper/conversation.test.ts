import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer, type Socket } from "node:net";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { askKeeper, endKeeper, keeperState } from "../../../cli/keeper/client.ts";
import { differentVariable, keeperFolder, keeperLock, keeperSocket } from "../../../cli/keeper/protocol.ts";
import { type Answerer, answerVisitors, type KeeperServer } from "../../../cli/keeper/serve.ts";
import { UserError } from "../../../common/errors.ts";

let root = "";
const servers: KeeperServer[] = [];

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "nitro-keeper-"));
  mkdirSync(keeperFolder(root, "alice"), { recursive: true });
});

afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
  rmSync(root, { recursive: true, force: true });
});

const path = () => keeperSocket(root, "alice") ?? "";
const keeper = async (answer: Answerer) => void servers.push(await answerVisitors(path(), answer));
const swap = { ask: "swap", env: { A: "1" } } as const;

test("texts come as they are said, to the stream that they are for, and then the answer", async () => {
  const seen: unknown[] = [];
  await keeper(async (request, visitor) => {
    seen.push(request);
    visitor.say("stderr", "building\n");
    visitor.say("stdout", "service: a → b\nzwölf");
    return { done: true };
  });
  const texts: string[] = [];
  const answer = await askKeeper({ root, stack: "alice", request: swap, onText: (...text) => void texts.push(text.join(" ")) });
  expect(answer).toEqual({ done: true });
  expect(texts).toEqual(["stderr building\n", "stdout service: a → b\nzwölf"]);
  expect(seen).toEqual([swap]);
});

test("an error is told with its hint", async () => {
  await keeper(() => Promise.reject(new UserError("it does not run", "mend it")));
  expect(await askKeeper({ root, stack: "alice", request: swap })).toEqual({ failed: "it does not run", hint: "mend it" });
});

test("where nobody listens there is none: no socket, a socket that a killed one left, a file of that name", async () => {
  expect(await askKeeper({ root, stack: "alice", request: swap })).toBeUndefined();
  expect(await keeperState(root, "alice")).toBeUndefined();
  await endKeeper(root, "alice");
  const left = createServer();
  await new Promise<void>((done) => left.listen(`${path()}.other`, done));
  renameSync(`${path()}.other`, path());
  await new Promise((done) => left.close(done));
  expect(statSync(path()).isSocket()).toBe(true);
  expect(await askKeeper({ root, stack: "alice", request: swap })).toBeUndefined();
});

test("one that ends in between is told as lost", async () => {
  const dying = createServer((socket) => socket.once("data", () => socket.destroy()));
  await new Promise<void>((done) => dying.listen(path(), done));
  expect(await askKeeper({ root, stack: "alice", request: swap })).toEqual({ lost: true });
  await new Promise((done) => dying.close(done));
});

test("one whose connection breaks is told as lost", async () => {
  const breaking = createServer((socket) => {
    socket.on("error", () => undefined);
    socket.once("data", () => {
      socket.pause();
      socket.write('{"heard":true}\n', () => socket.destroy(new Error("it was killed")));
    });
  });
  await new Promise<void>((done) => breaking.listen(path(), done));
  const question = { root, stack: "alice", request: { ...swap, env: { A: "1".repeat(1_000_000) } } };
  expect(await askKeeper(question)).toEqual({ lost: true });
  await new Promise((done) => breaking.close(done));
});

test("one that says nothing is told so, and is killed where it is to end", async () => {
  const stopped: Socket[] = [];
  const mute = createServer((socket) => void stopped.push(socket.on("error", () => undefined)));
  await new Promise<void>((done) => mute.listen(path(), done));
  expect(await askKeeper({ root, stack: "alice", request: swap, heardMs: 50 })).toEqual({ silent: true });
  const holder = spawn("sleep", ["60"]);
  const ended = once(holder, "exit");
  writeFileSync(keeperLock(root, "alice"), JSON.stringify({ pid: holder.pid, host: hostname(), started: "", draft: "" }));
  await endKeeper(root, "alice");
  expect(await ended).toEqual([null, "SIGKILL"]);
  for (const socket of stopped) socket.destroy();
  await new Promise((done) => mute.close(done));
});

test("asked to stop, it answers how far it came; one that was not asked yet is not asked", async () => {
  const gone = Promise.withResolvers<void>();
  const asked = Promise.withResolvers<void>();
  await keeper(async (_request, visitor) => {
    asked.resolve();
    visitor.gone.addEventListener("abort", () => gone.resolve());
    await gone.promise;
    return { done: true };
  });
  const stop = new AbortController();
  const answer = askKeeper({ root, stack: "alice", request: swap, signal: stop.signal });
  await asked.promise;
  stop.abort();
  expect(await answer).toEqual({ done: true });
  expect(await askKeeper({ root, stack: "alice", request: swap, signal: stop.signal })).toBeUndefined();
});

test("only its owner may connect", async () => {
  await keeper(async () => ({ done: true }));
  expect(statSync(path()).mode & 0o777).toBe(0o600);
});

test("a path that is too long for a socket has none", () => {
  expect(keeperSocket(`/${"x".repeat(120)}`, "alice")).toBeUndefined();
});

test("of two environments the first difference that counts for an update is named", () => {
  const env = { HOME: "/home/alice", PATH: "/bin", DOCKER_HOST: "unix:///a", NITRO_STACK: "alice", SHLVL: "1" };
  expect(differentVariable(env, { ...env, PATH: "/usr/bin", NITRO_STACK: "bob", SHLVL: "2" })).toBeUndefined();
  expect(differentVariable(env, { ...env, DOCKER_HOST: "unix:///b" })).toBe("DOCKER_HOST");
  expect(differentVariable(env, { ...env, PULUMI_CONFIG_PASSPHRASE: "x" })).toBe("PULUMI_CONFIG_PASSPHRASE");
  expect(differentVariable(env, { ...env, https_proxy: "http://p" })).toBe("https_proxy");
  expect(differentVariable({ ...env, CI: "true" }, env)).toBe("CI");
});
