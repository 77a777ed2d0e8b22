import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { ContainerDetails, Engine, ExecResult } from "../../docker/engine.ts";
import { liveRoles, readOverride, writeOverride } from "../../executable/live-override.ts";
import { readPastExecutables } from "../../executable/past-executables.ts";
import type { StagedExecutable } from "../../executable/staging.ts";
import { roles, stackNames } from "../../model/names.ts";
import { type PartHealthArgs, partHealth } from "../../stacks/part-health.ts";

const [wanted, other] = ["a".repeat(64), "b".repeat(64)];
const names = stackNames("alice");
const check = { command: ["check"] };

let root = "";
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "nitro-health-"));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

/** An engine whose containers have an id and a state, and answer each call of exec as they are told, the last answer for ever. */
function engineWith(look: () => Partial<ContainerDetails> | undefined, answers: readonly Partial<ExecResult>[]) {
  const calls = { exec: 0, inspect: 0, limited: [] as string[] };
  const engine = {
    inspect: async () => {
      calls.inspect++;
      const details = look();
      return details && { id: "new", status: "running", restartCount: 0, labels: {}, mounts: [], ...details };
    },
    exec: async () => ({ exitCode: 1, stdout: "", stderr: "", output: "", ...answers[Math.min(calls.exec++, answers.length - 1)] }),
    limitProcesses: async (container: string) => {
      calls.limited.push(container);
    },
    logs: async function* () {
      yield { stream: "stderr", line: "panic: no" };
    },
  } as unknown as Engine;
  return { engine, calls };
}

const runs = (sha256: string) => ({ exitCode: 0, stdout: `7 ${sha256} 100 5.0 1000.0\n` });

function waiting(engine: Engine, options: Partial<PartHealthArgs> = {}) {
  const executable: StagedExecutable = { sha256: wanted, folder: join(root, "bin") };
  mkdirSync(join(root, "bin", wanted), { recursive: true });
  const args = { engine, root, names, before: new Set(["old"]), superseded: undefined, early: false, ...options };
  return partHealth({ executable: Promise.resolve(executable), ...args });
}

test("a new container is asked once: it answers and runs what is declared; both together are a way back", async () => {
  const { engine, calls } = engineWith(() => ({}), [runs(wanted)]);
  const healthy = waiting(engine);
  await healthy("service", pulumi.output("new"), check);
  expect(calls.exec).toBe(1);
  expect(await readPastExecutables(root, "alice")).toEqual([]);
  await healthy("worker", pulumi.output("new"), check);
  expect(await readPastExecutables(root, "alice")).toEqual([wanted]);
});

test("an override that another executable left behind ends with the new container", async () => {
  const { engine } = engineWith(() => ({}), [runs(wanted)]);
  const bin = join(root, "bin");
  mkdirSync(bin);
  for (const role of liveRoles) await writeOverride(bin, role, { declared: other, live: wanted });
  await waiting(engine)("service", pulumi.output("new"), check);
  expect(await readOverride(bin, "service")).toBeUndefined();
  expect(await readOverride(bin, "worker")).toBeDefined();
});

test("one that answers with another executable is an error", async () => {
  const { engine } = engineWith(() => ({}), [runs(other)]);
  const answer = waiting(engine)("service", pulumi.output("new"), check);
  await expect(answer).rejects.toThrow("service runs bbbbbbbbbbbb and not aaaaaaaaaaaa, which is declared");
});

test("one that crashes before it answers is told with its log", async () => {
  let looks = 0;
  const { engine } = engineWith(() => (looks++ === 0 ? {} : { status: "restarting", exitCode: 2 }), [{ exitCode: 137 }]);
  await expect(waiting(engine)("worker", pulumi.output("new"), check)).rejects.toThrow(/worker exited with code 2[\s\S]*panic: no/);
});

test("of two that do not answer both are told", async () => {
  const { engine } = engineWith(() => ({}), [{ exitCode: 1, output: "refused" }]);
  const healthy = waiting(engine, { timeoutMs: 300 });
  const both = await Promise.allSettled([healthy("service", pulumi.output("new"), check), healthy("worker", pulumi.output("new"), check)]);
  expect(both.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
  const [first] = both;
  expect(first).toMatchObject({
    reason: {
      message: expect.stringMatching(
        /^service runs but did not answer within 0\.3 s[\s\S]*\nneither did worker\nmore: \.\/nitro logs service -s alice; \.\/nitro logs worker -s alice$/,
      ),
    },
  });
});

test("one that has answered is not told with one that does not", async () => {
  const { engine } = engineWith(() => ({ health: "healthy" }), [{ exitCode: 1, output: "refused" }]);
  const healthy = waiting(engine, { timeoutMs: 300 });
  await healthy("redis", pulumi.output("new"), check);
  await expect(healthy("service", pulumi.output("new"), check)).rejects.toThrow(/\nmore: \.\/nitro logs service -s alice$/);
});

test("what depends on a part that fails is not waited for, though its container never comes", async () => {
  const { engine } = engineWith(() => ({}), [runs(other)]);
  const healthy = waiting(engine);
  const dependent = healthy("key-feeder", pulumi.output(new Promise<string>(() => {})), check);
  const failing = healthy("service", pulumi.output("new"), check);
  const [one, two] = await Promise.allSettled([failing, dependent]);
  expect(one).toMatchObject({ status: "rejected", reason: { message: expect.stringContaining("service runs bbbbbbbbbbbb") } });
  // The very same: Pulumi tells an error once.
  expect(two).toEqual(one);
});

test("early: it is asked as soon as it runs, before its id is known", async () => {
  let state: Partial<ContainerDetails> = { id: "old" };
  const { engine, calls } = engineWith(() => state, [runs(wanted)]);
  const id = Promise.withResolvers<string>();
  const answer = waiting(engine, { early: true })("service", pulumi.output(id.promise), check);
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect(calls.exec).toBe(0);
  state = { id: "new" };
  await expect.poll(() => calls.exec).toBe(1);
  expect(calls.limited).toEqual([names.containers.service]);
  id.resolve("new");
  await answer;
  expect(calls.exec).toBe(1);
  expect(calls.limited).toEqual([names.containers.service]);
});

test("early: a container that stays as it is gets no question of its own", async () => {
  const { engine, calls } = engineWith(() => ({ id: "old", health: "healthy" }), [{ exitCode: 0 }]);
  await waiting(engine, { early: true })("service", pulumi.output("old"), check);
  const before = calls.inspect;
  await new Promise((resolve) => setTimeout(resolve, 150));
  expect(calls.inspect).toBe(before);
});

test.each(roles)("%s: its processes are limited once, also those of a container that stays as it is", async (role) => {
  for (const id of ["new", "old"]) {
    const { engine, calls } = engineWith(() => ({ id, health: "healthy" }), [runs(wanted)]);
    await waiting(engine)(role, pulumi.output(id), check);
    expect(calls.limited).toEqual([names.containers[role]]);
  }
});

test("superseded, nobody waits for an answer, and it is no way back", async () => {
  const stop = new AbortController();
  const { engine } = engineWith(() => ({}), [{ exitCode: 4 }]);
  const healthy = waiting(engine, { superseded: stop.signal });
  const both = Promise.all([healthy("service", pulumi.output("new"), check), healthy("worker", pulumi.output("new"), check)]);
  stop.abort();
  await both;
  expect(await readPastExecutables(root, "alice")).toEqual([]);
});

test("a service that only its own container reaches has not answered", async () => {
  const listens = "   0: 0100007F:0050 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 1 1\n";
  const { engine } = engineWith(() => ({}), [{ ...runs(wanted), stdout: `${runs(wanted).stdout}${listens}` }]);
  await expect(waiting(engine)("service", pulumi.output("new"), check)).rejects.toThrow(
    `service listens on 127.0.0.1:80: outside its container nobody reaches it; the stack tells it to by ADDR=0.0.0.0:80 (container ${names.containers.service})`,
  );
  await waiting(engine)("worker", pulumi.output("new"), check);
});

test("an image of other people is asked by its health check, and where it listens", async () => {
  const { engine, calls } = engineWith(() => ({}), [{ exitCode: 0 }]);
  const executable = Promise.resolve({ sha256: wanted, image: { id: "i", entrypoint: ["/app"] } });
  await waiting(engine, { executable, early: true })("service", pulumi.output("new"), check);
  expect(calls.exec).toBe(2);
});
