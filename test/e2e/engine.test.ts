import { randomBytes } from "node:crypto";
import { PassThrough } from "node:stream";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Engine, type EngineEvent, type LogLine } from "../../docker/engine.ts";
import { ensureImages, imageRefs } from "../../images/build.ts";

// The engine client against a real engine; test/cli/docker.test.ts has what a real one does not do on demand.

const label = "nitro.test.engine";
const engine = Engine.connect();
const name = `nitro-test-${randomBytes(6).toString("hex")}`;
const labels = { [label]: name };

beforeAll(async () => {
  const refs = imageRefs((await engine.ping()).arch);
  await ensureImages(engine, refs);
  const script = "echo out; echo err >&2; while [ ! -e /tmp/go ]; do sleep 0.05; done; echo später; exec sleep 600";
  await engine.create(name, {
    image: refs.base,
    entrypoint: ["sh", "-c"],
    command: [script],
    env: { GREETING: "a=b" },
    labels,
    init: true,
    tmpfs: { "/tmp": "mode=1777" },
    memory: 64 << 20,
    publish: [4000],
  });
  await engine.start(name);
});

afterAll(async () => {
  for (const { id } of await engine.containers({ labels, all: true })) await engine.removeContainer(id, { force: true });
});

test("a container is listed by its labels and described", async () => {
  const [listed, ...others] = await engine.containers({ labels });
  expect(others).toEqual([]);
  expect(listed).toMatchObject({ name, state: "running", health: undefined });
  const details = await engine.inspect(name);
  expect(details).toMatchObject({ name, status: "running", running: true, tty: false, user: "1000:1000", restartCount: 0 });
  expect(details?.env.GREETING).toBe("a=b");
  expect(details?.ports).toEqual(listed?.ports);
  expect(details?.ports).toMatchObject([{ hostIp: "127.0.0.1", containerPort: 4000, protocol: "tcp" }]);
  expect(await engine.containers({ labels: { [label]: "another" }, all: true })).toEqual([]);
});

test("exec gives exit code, both streams, and takes input", async () => {
  const result = await engine.exec(name, ["sh", "-c", "cat; echo oh >&2; exit 3"], { stdin: "grüße\n" });
  expect(result).toMatchObject({ exitCode: 3, stdout: "grüße\n", stderr: "oh\n" });
  const inFolder = await engine.exec(name, ["sh", "-c", "pwd; echo $X"], { workdir: "/tmp", env: { X: "y" } });
  expect(inFolder).toMatchObject({ exitCode: 0, output: "/tmp\ny\n" });
  const large = await engine.exec(name, ["cat"], { stdin: "x".repeat(1_000_000) });
  expect(large.stdout).toHaveLength(1_000_000);
});

test.each([true, false])("a command for a terminal (tty: %s) has its input, output and exit code", async (tty) => {
  const stdin = new PassThrough();
  const stdout = new PassThrough();
  const stderr = new PassThrough();
  const run = engine.attachExec(
    name,
    ["sh", "-c", "[ -t 0 ] && echo tty; read line; echo got $line; exit 4"],
    { stdin, stdout, stderr },
    { tty },
  );
  stdin.write("hello\n");
  expect(await run).toBe(4);
  stdout.end();
  const seen = await text(stdout);
  expect(seen).toContain("got hello");
  expect(seen.includes("tty")).toBe(tty);
});

test("logs follow a container until they are no longer wanted", async () => {
  const stop = new AbortController();
  const seen: LogLine[] = [];
  for await (const line of engine.logs(name, { follow: true, timestamps: true, signal: stop.signal })) {
    seen.push(line);
    if (seen.length === 2) await engine.exec(name, ["touch", "/tmp/go"]);
    if (line.line === "später") stop.abort();
  }
  expect(seen.map(({ stream, line }) => `${stream} ${line}`).sort()).toEqual(["stderr err", "stdout out", "stdout später"]);
  for (const { time } of seen) expect(Number.isNaN(Date.parse(time ?? ""))).toBe(false);
  const tail: LogLine[] = [];
  for await (const line of engine.logs(name, { tail: 1 })) tail.push(line);
  expect(tail).toEqual([{ stream: "stdout", line: "später" }]);
});

test("a line of more than the 16 KiB that the engine keeps in one piece comes whole, with one time", async () => {
  const id = await engine.create(`${name}-long`, {
    image: imageRefs((await engine.ping()).arch).base,
    entrypoint: ["sh", "-c"],
    command: ["head -c 50000 /dev/zero | tr '\\0' x; echo; echo short"],
    labels,
  });
  await engine.start(id);
  await engine.wait(id);
  const seen: LogLine[] = [];
  for await (const line of engine.logs(id, { timestamps: true })) seen.push(line);
  expect(seen.map(({ line }) => line)).toEqual(["x".repeat(50_000), "short"]);
});

test("how a container's runs have ended is known after it was started again", async () => {
  const spec = { image: imageRefs((await engine.ping()).arch).base, entrypoint: ["sh", "-c"], command: ["exit 7"], labels };
  const id = await engine.create(`${name}-ends`, spec);
  for (let run = 0; run < 2; run++) {
    await engine.start(id);
    await engine.wait(id);
  }
  const { created = "" } = (await engine.inspect(id)) ?? {};
  const events = await engine.pastEvents({ container: id, actions: ["die"], since: new Date(created) });
  expect(events.map(({ action, attributes }) => [action, attributes.exitCode])).toEqual([
    ["die", "7"],
    ["die", "7"],
  ]);
});

test("memory is read at once", async () => {
  const stats = await engine.stats(name);
  expect(stats.memoryLimit).toBe(64 << 20);
  expect(stats.memory).toBeGreaterThan(0);
  expect(stats.memory).toBeLessThan(stats.memoryLimit);
});

test("events after the subscription are seen, an exit with its code", async () => {
  const events = await engine.subscribe({ labels, types: ["container"] });
  await engine.kill(name, "SIGTERM");
  const died = await next(events, "die");
  expect(died).toMatchObject({ type: "container", name, attributes: { exitCode: "143", [label]: name } });
  expect(await engine.wait(name)).toBe(143);
  expect((await engine.inspect(name))?.exitCode).toBe(143);
});

async function next(events: AsyncIterable<EngineEvent>, action: string): Promise<EngineEvent> {
  for await (const event of events) if (event.action === action) return event;
  throw new Error(`the events ended without ${action}`);
}

test("what cannot be run says why", async () => {
  await expect(engine.exec(name, ["true"])).rejects.toThrow(
    /cannot run a command in nitro-test-.*(not running|sessions on running containers)/,
  );
  await expect(engine.start(`${name}-missing`)).rejects.toThrow(/cannot start nitro-test-.*no such container/i);
});
