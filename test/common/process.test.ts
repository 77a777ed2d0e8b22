import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { expect, test } from "vitest";
import { UserError } from "../../common/errors.ts";
import { follow, run, runWell } from "../../common/process.ts";
import { isAlive } from "../../common/process-tree.ts";
import { testFolder } from "../toolchain/folder.ts";

const env = { PATH: process.env.PATH };
const sh = (script: string) => ["-c", script] as const;

test("what a program writes is kept by stream and together, and comes line by line", async () => {
  const seen: string[] = [];
  const onLine = (line: string, stream: string) => seen.push(`${stream}: ${line}`);
  const result = await run("sh", sh("echo one; sleep 0.1; echo two >&2; sleep 0.1; printf 'thr\\303\\251\\r\\nend'; exit 3"), {
    env,
    onLine,
  });
  expect(result).toEqual({ code: 3, stdout: "one\nthré\nend\n", stderr: "two\n", output: "one\ntwo\nthré\nend\n" });
  expect(seen).toEqual(["stdout: one", "stderr: two", "stdout: thré", "stdout: end"]);
});

test("a program that asks finds no input, and nobody to ask", async () => {
  const { stdout } = await run("sh", sh("read answer || echo none; (: </dev/tty) 2>/dev/null || echo nobody"), { env, ownSession: true });
  expect(stdout).toBe("none\nnobody\n");
});

test("a signal counts as in a shell, and a program that is not there says so", async () => {
  expect(await follow("sh", sh("kill -TERM $$"), { env })).toEqual({ code: 143, signal: "SIGTERM" });
  const missing = await run("no-such-program", [], { env });
  expect(missing).toMatchObject({ code: 127, problem: { code: "ENOENT" }, output: "no-such-program: spawn no-such-program ENOENT" });
});

test("a program that has to succeed is quoted where it does not", async () => {
  expect(await runWell("sh", sh("echo well; echo aside >&2"), { env })).toBe("well\n");
  await expect(runWell("sh", sh("seq 20; exit 4"), { env })).rejects.toThrow(
    /^sh -c seq 20; exit 4 ended with exit code 4\n6\n7\n.*\n20$/s,
  );
  await expect(runWell("sh", sh("kill -KILL $$"), { env })).rejects.toThrow("ended with SIGKILL");
  const missing = runWell("no-such-program", [], { env });
  await expect(missing).rejects.toThrow("cannot run no-such-program: it is not installed, or not in PATH");
  await expect(missing).rejects.toBeInstanceOf(UserError);
});

/** A program that starts another one in a session of that one's own, and names it. */
const family = "setsid sleep 300 & echo $!; wait";

test("a kill takes all that a program has started, whatever its process group", async () => {
  const kill = new AbortController();
  let child = 0;
  const running = follow("sh", sh(family), {
    env,
    kill: kill.signal,
    onLine: (line) => {
      child = Number(line);
      kill.abort();
    },
  });
  expect(await running).toEqual({ code: 137, signal: "SIGKILL" });
  await expect.poll(() => isAlive(child), { timeout: 5_000 }).toBe(false);
});

test("a polite end reaches the whole group of a session", async () => {
  const [stop, kill] = [new AbortController(), new AbortController()];
  const told: string[] = [];
  const child = `(trap 'echo child told; exit' TERM; echo ready; while :; do sleep 0.05; done)`;
  const running = follow("sh", sh(`trap 'echo parent told' TERM; ${child} & while :; do sleep 0.05; done`), {
    env,
    ownSession: true,
    stop: { signal: stop.signal },
    kill: kill.signal,
    onLine: (line) => {
      if (line === "ready") stop.abort();
      if (line.endsWith("told")) told.push(line);
      if (told.length === 2) kill.abort();
    },
  });
  expect(await running).toMatchObject({ signal: "SIGKILL" });
  expect(told.sort()).toEqual(["child told", "parent told"]);
});

test("what is deaf to a polite end is killed after the grace", async () => {
  const stop = new AbortController();
  const running = follow("sh", sh("trap '' TERM; echo ready; while :; do sleep 0.05; done"), {
    env,
    stop: { signal: stop.signal, graceMs: 100 },
    onLine: () => stop.abort(),
  });
  expect(await running).toEqual({ code: 137, signal: "SIGKILL" });
});

test("a stop that was asked for before the start counts", async () => {
  const ending = await follow("sleep", ["300"], { env, stop: { signal: AbortSignal.abort(), by: "SIGINT" } });
  expect(ending).toEqual({ code: 130, signal: "SIGINT" });
});

test("programs and what they started do not outlive the process that runs them", async () => {
  const folder = testFolder();
  const module = JSON.stringify(join(import.meta.dirname, "../../common/process.ts"));
  const program = `
    import { follow } from ${module};
    follow("sh", ["-c", ${JSON.stringify(family)}], { env: process.env, onLine: (line) => { console.log(line); } });
    process.stdin.once("data", () => process.exit(0));`;
  writeFileSync(join(folder, "program.ts"), program);
  const parent = spawn(process.execPath, [join(folder, "program.ts")], { stdio: ["pipe", "pipe", "inherit"] });
  const [line] = (await once(createInterface({ input: parent.stdout }), "line")) as [string];
  expect(isAlive(Number(line))).toBe(true);
  parent.stdin.write("end\n");
  await once(parent, "exit");
  await expect.poll(() => isAlive(Number(line)), { timeout: 5_000 }).toBe(false);
});

test("an end leaves no listener on the signals", async () => {
  const file = join(testFolder(), "late");
  const stop = new AbortController();
  let pid = 0;
  const onStart = (started: number) => {
    pid = started;
  };
  await follow("true", [], { env, stop: { signal: stop.signal, graceMs: 0 }, onStart });
  stop.abort();
  expect(pid).toBeGreaterThan(0);
  await follow("sh", sh(`echo well > ${file}`), { env });
  expect(existsSync(file) && readFileSync(file, "utf8")).toBe("well\n");
});
