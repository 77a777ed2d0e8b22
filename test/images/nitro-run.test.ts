import { type ChildProcess, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { appendFileSync, chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, test } from "vitest";
import { writeWitness } from "../../executable/witness.ts";
import { repository } from "../../images/inputs.ts";
import { waitFor } from "../../testing/wait-for.ts";

// The supervisor of the base image, run for real: it needs no container, only folders of its own.

let bin: string;
const started: ChildProcess[] = [];

beforeEach(() => {
  bin = mkdtempSync(join(tmpdir(), "nitro-run-"));
});

afterEach(() => {
  for (const child of started.splice(0)) child.kill("SIGKILL");
  // The programs end with their folder.
  rmSync(bin, { recursive: true, force: true });
});

/** A program that says its name, its arguments and the signals it gets; it ends at TERM with code 3. */
const patient = `trap 'echo "$name: TERM"; exit 3' TERM
trap 'echo "$name: USR1"' USR1
echo "$name: up $* as $$"
while [ -d $bin ]; do sleep 0.02; done`;

/** @returns the hash under which it was staged */
function stage(name: string, script = patient): string {
  const text = `#!/bin/sh\nname=${name} bin=${bin}\n${script}\n`;
  const sha256 = createHash("sha256").update(text).digest("hex");
  mkdirSync(join(bin, sha256));
  writeFileSync(join(bin, sha256, "payments"), text);
  chmodSync(join(bin, sha256, "payments"), 0o555);
  return sha256;
}

function makeLive(declared: string, live: string, role = "service"): void {
  writeFileSync(join(bin, `live-${role}`), `${declared} ${live}\n`);
}

/** @returns a folder for PATH with a command in it that a script for sh stands in for */
function standIn(command: string, script: string): string {
  const folder = join(bin, "commands");
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, command), `#!/bin/sh\n${script}\n`);
  chmodSync(join(folder, command), 0o755);
  return folder;
}

interface Supervisor {
  readonly process: ChildProcess;
  readonly ended: Promise<number | string>;
  out(): string;
  /** Waits until the output has the text. */
  says(text: string): Promise<true>;
}

/** @param sha256sum a script for sh that stands in for the command of that name */
function supervise(args: readonly string[], { sha256sum }: { readonly sha256sum?: string } = {}): Supervisor {
  const path = sha256sum === undefined ? process.env.PATH : `${standIn("sha256sum", sha256sum)}:${process.env.PATH}`;
  const env = { ...process.env, PATH: path, NITRO_RUN_BIN: bin, NITRO_RUN_ROLE: "service" };
  const child = spawn(join(repository, "images/base/nitro-run"), args, { env, stdio: ["ignore", "pipe", "pipe"] });
  started.push(child);
  let text = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (data: Buffer) => {
      text += data.toString();
    });
  }
  return {
    process: child,
    ended: new Promise((resolve) => child.once("close", (code, signal) => resolve(code ?? signal ?? "?"))),
    out: () => text,
    says: (wanted) =>
      waitFor(() => text.includes(wanted), { what: `"${wanted}" in ${text}`, timeoutMs: 10_000, intervalMs: 5 }) as Promise<true>,
  };
}

test("a program runs with its arguments, and its exit code is the supervisor's", async () => {
  const run = supervise([stage("a", 'echo "$name: $*"; exit 7'), "serve", "two words"]);
  expect(await run.ended).toBe(7);
  expect(run.out()).toBe("a: serve two words\n");
});

test("a program that a signal ends gives 128 and the signal's number", async () => {
  expect(await supervise([stage("a", "kill -9 $$")]).ended).toBe(137);
});

test.each([
  ["a hash that is none", () => ["abc"], '"abc" is not a SHA-256 in 64 hex digits'],
  ["no hash", () => [], "usage: nitro-run <sha256>"],
  ["an executable that is not there", () => ["0".repeat(64)], "is not there"],
])("it refuses %s", async (_name, args, message) => {
  const run = supervise(args());
  expect(await run.ended).toBe(1);
  expect(run.out()).toContain(message);
});

test("it never starts what was changed after it was staged", async () => {
  const a = stage("a");
  const file = join(bin, a, "payments");
  chmodSync(file, 0o755);
  appendFileSync(file, "# more\n");
  const run = supervise([a]);
  expect(await run.ended).toBe(1);
  expect(run.out()).toMatch(/was changed after it was staged: its SHA-256 is [0-9a-f]{64}; run \.\/nitro up/);
  expect(run.out()).not.toContain("a: up");
});

describe("an executable with a witness of its staging", () => {
  /** Stages a program as `nitro` does. */
  async function stageWitnessed(name: string): Promise<string> {
    const sha256 = stage(name);
    await writeWitness(join(bin, sha256), join(bin, sha256, "payments"));
    return sha256;
  }

  it("is not hashed once more", async () => {
    const a = await stageWitnessed("a");
    const run = supervise([a, "serve"], { sha256sum: "exit 1" });
    await run.says("a: up serve");
    await expect(supervise([stage("b")], { sha256sum: "exit 1" }).ended).resolves.toBe(1);
  });

  it("is never started where it was changed since, its length and the time of its content the same", async () => {
    const a = await stageWitnessed("a");
    const file = join(bin, a, "payments");
    const { atime, mtime } = statSync(file);
    const text = readFileSync(file, "utf8").replace("name=a", "name=x");
    chmodSync(file, 0o755);
    writeFileSync(file, text);
    chmodSync(file, 0o555);
    utimesSync(file, atime, mtime);
    const run = supervise([a]);
    expect(await run.ended).toBe(1);
    expect(run.out()).toContain("was changed after it was staged");
    expect(run.out()).not.toContain("x: up");
  });

  it("is hashed where the witness is of another system, or of another start of it", async () => {
    const a = await stageWitnessed("a");
    const witness = join(bin, a, "witness");
    const written = readFileSync(witness, "utf8");
    rmSync(witness);
    writeFileSync(witness, written.replace(/^\S+/, "d77222df-4a34-4245-9229-000000000000"));
    expect(await supervise([a], { sha256sum: "exit 1" }).ended).toBe(1);
    await supervise([a]).says("a: up");
  });
});

test("a file that may not be executed is refused", async () => {
  const a = stage("a");
  chmodSync(join(bin, a, "payments"), 0o444);
  const run = supervise([a]);
  expect(await run.ended).toBe(1);
  expect(run.out()).toContain("may not be executed by uid");
});

test("TERM goes to the program, which decides on the exit code", async () => {
  const run = supervise([stage("a")]);
  await run.says("a: up");
  run.process.kill("SIGTERM");
  expect(await run.ended).toBe(3);
  expect(run.out()).toContain("a: TERM");
});

test.each(["INT", "QUIT", "USR1", "USR2"] as const)("SIG%s goes to the program, which starts with it not ignored", async (name) => {
  const run = supervise([stage("a", `trap 'echo got ${name}; exit 5' ${name}\necho ready\nwhile [ -d $bin ]; do sleep 0.02; done`)]);
  await run.says("ready");
  run.process.kill(`SIG${name}`);
  expect(await run.ended).toBe(5);
  expect(run.out()).toContain(`got ${name}`);
});

test("no signal is lost, however fast they come", async () => {
  const counting = `count=0
trap 'count=$((count + 1)); echo "n$count."' USR1
echo ready
while [ -d $bin ] && [ $count -lt 50 ]; do sleep 0.01; done`;
  const run = supervise([stage("a", counting)]);
  await run.says("ready");
  for (let count = 1; count <= 50; count++) {
    run.process.kill("SIGUSR1");
    await run.says(`n${count}.`);
  }
  expect(await run.ended).toBe(0);
});

test("a TERM at any moment of the start ends it", async () => {
  const a = stage("a");
  for (let delay = 0; delay < 30; delay += 2) {
    const run = supervise([a]);
    await new Promise((resolve) => setTimeout(resolve, delay));
    run.process.kill("SIGTERM");
    // By its default until the program has set its own.
    expect([3, 143, "SIGTERM"]).toContain(await run.ended);
  }
});

test("HUP replaces the program in place by the one that the live override names, and back", async () => {
  const [a, b] = [stage("a"), stage("b")];
  const run = supervise([a, "serve"]);
  await run.says("a: up serve");
  makeLive(a, b);
  run.process.kill("SIGHUP");
  await run.says("b: up serve");
  expect(run.out().indexOf("a: TERM")).toBeLessThan(run.out().indexOf("b: up"));
  expect(run.out()).toContain(`nitro-run: ${b.slice(0, 12)} runs live, declared is ${a.slice(0, 12)}`);
  rmSync(join(bin, "live-service"));
  run.process.kill("SIGHUP");
  await run.says("b: TERM");
  await waitFor(() => run.out().match(/a: up/g)?.length === 2, { what: "the declared one is back" });
  run.process.kill("SIGTERM");
  expect(await run.ended).toBe(3);
});

test("a start honours the override, for its own role and its own declared executable alone", async () => {
  const [a, b, c] = [stage("a"), stage("b"), stage("c")];
  makeLive(a, b);
  makeLive(a, c, "worker");
  const live = supervise([a]);
  await live.says("b: up");
  const declared = supervise([c]);
  await declared.says("c: up");
});

test("a program that ignores TERM is killed after the grace, with what it left running", async () => {
  const a = stage(
    "a",
    `trap '' TERM\n(while [ -d $bin ]; do date >> ${join(bin, "left")}; sleep 0.02; done) &\necho ready\nwhile [ -d $bin ]; do sleep 0.02; done`,
  );
  const b = stage("b");
  const run = supervise([a]);
  await run.says("ready");
  makeLive(a, b);
  const began = performance.now();
  run.process.kill("SIGHUP");
  await run.says("b: up");
  expect(performance.now() - began).toBeGreaterThan(900);
  const left = readFileSync(join(bin, "left"), "utf8");
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect(readFileSync(join(bin, "left"), "utf8")).toBe(left);
});

test("HUP for something that does not verify leaves the running one alone, and says why", async () => {
  const [a, b] = [stage("a"), stage("b")];
  const run = supervise([a]);
  await run.says("a: up");
  makeLive(a, "0".repeat(64));
  run.process.kill("SIGHUP");
  await run.says(`/payments is not there`);
  await run.says(`${a.slice(0, 12)} goes on`);
  chmodSync(join(bin, b, "payments"), 0o755);
  appendFileSync(join(bin, b, "payments"), "# more\n");
  makeLive(a, b);
  run.process.kill("SIGHUP");
  await run.says("was changed after it was staged");
  writeFileSync(join(bin, "live-service"), "nonsense\n");
  run.process.kill("SIGHUP");
  await run.says("is no live override");
  run.process.kill("SIGUSR1");
  await run.says("a: USR1");
});

test("a start with an override that does not verify never runs the old one instead", async () => {
  const a = stage("a");
  makeLive(a, "0".repeat(64));
  const run = supervise([a]);
  expect(await run.ended).toBe(1);
  expect(run.out()).not.toContain("a: up");
});

test("HUP for what runs already does nothing", async () => {
  const a = stage("a");
  const run = supervise([a]);
  await run.says("a: up");
  run.process.kill("SIGHUP");
  await run.says(`${a.slice(0, 12)} runs already`);
  expect(run.out()).not.toContain("TERM");
});

test("of many replacements in a row the last one wins, and each ran at most once", async () => {
  const slow = `trap 'sleep 0.1; exit 0' TERM\necho "$name: up"\nwhile [ -d $bin ]; do sleep 0.02; done`;
  const hashes = ["a", "b", "c", "d", "e"].map((name) => stage(name, slow));
  const [declared = ""] = hashes;
  const run = supervise([declared]);
  await run.says("a: up");
  for (const live of hashes.slice(1)) {
    makeLive(declared, live);
    run.process.kill("SIGHUP");
    await new Promise((resolve) => setTimeout(resolve, 15));
  }
  await run.says("e: up");
  await new Promise((resolve) => setTimeout(resolve, 200));
  for (const name of ["b", "c", "d", "e"]) expect((run.out().match(new RegExp(`${name}: up`, "g")) ?? []).length).toBeLessThan(2);
  expect(run.out().trimEnd().split("\n").at(-1)).toBe("e: up");
});

test("TERM while the old one is being stopped ends the container, and the next one is not started", async () => {
  const a = stage("a", `trap 'echo ending; sleep 0.3; exit 4' TERM\necho ready\nwhile [ -d $bin ]; do sleep 0.02; done`);
  const b = stage("b");
  const run = supervise([a]);
  await run.says("ready");
  makeLive(a, b);
  run.process.kill("SIGHUP");
  await run.says("ending");
  run.process.kill("SIGTERM");
  expect(await run.ended).toBe(4);
  expect(run.out()).not.toContain("b: up");
});

test("a live program that ends at once ends the supervisor with its code", async () => {
  const [a, b] = [stage("a"), stage("b", "exit 9")];
  const run = supervise([a]);
  await run.says("a: up");
  makeLive(a, b);
  run.process.kill("SIGHUP");
  expect(await run.ended).toBe(9);
  expect(await supervise([a]).ended).toBe(9);
});
