import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { ContainerDetails, ExecResult } from "../../docker/engine.ts";
import { writeOverride } from "../../executable/live-override.ts";
import { labels } from "../../model/names.ts";
import { runDeclared } from "../../stacks/declared.ts";

const [declared, live, other] = ["a", "b", "c"].map((digit) => digit.repeat(64)) as [string, string, string];
let bin: string;

beforeEach(async () => {
  bin = mkdtempSync(join(tmpdir(), "nitro-declared-"));
  await writeOverride(bin, "service", { declared, live });
});

afterEach(() => rmSync(bin, { recursive: true, force: true }));

/** A container that runs one hash after the other as it is asked; a hash on standard input is a replacement. */
function container(label: string, runs: readonly string[], { mounted = true, status = "running" } = {}) {
  const asked: string[] = [];
  const mounts = mounted ? [{ target: "/nitro/bin" }] : [];
  const engine = {
    inspect: async () => ({ mounts, status, labels: { [labels.executable]: label } }) as unknown as ContainerDetails,
    restart: async () => void asked.push("restart"),
    exec: async (_name: string, _command: readonly string[], options: { stdin?: unknown } = {}): Promise<ExecResult> => {
      if (options.stdin instanceof Object)
        for await (const chunk of options.stdin as AsyncIterable<Buffer>) asked.push(chunk.toString().trim());
      const sha256 = runs[asked.length];
      const stdout = sha256 === undefined ? "" : `9 ${sha256} 5000 53.25 1795560943.5\n`;
      return { exitCode: sha256 === undefined ? 3 : 0, stdout, stderr: "", output: stdout };
    },
  };
  return { engine, asked };
}

const options = () =>
  ({
    stack: "alice",
    role: "service",
    container: "c",
    bin,
    sha256: declared,
    check: { command: ["check"] },
    limits: { timeoutMs: 30, intervalMs: 1 },
  }) as const;

test("what runs live is replaced by the declared one, and the override is gone", async () => {
  const { engine, asked } = container(declared, [live, declared]);
  expect(await runDeclared(engine, options())).toBe(true);
  expect(asked).toEqual([declared]);
  expect(readdirSync(bin)).toEqual([]);
});

test("what is declared stays untouched, and so does what only starts", async () => {
  for (const [runs, status] of [
    [[declared], "running"],
    [[], "running"],
    [[], "exited"],
  ] as const) {
    rmSync(join(bin, "live-service"), { force: true });
    const { engine, asked } = container(declared, runs, { status });
    expect(await runDeclared(engine, options())).toBe(false);
    expect(asked).toEqual([]);
  }
});

test("where what ran live has crashed, and the engine has begun the declared one by then, its end was that of the live one", async () => {
  const { engine, asked } = container(declared, [declared]);
  expect(await runDeclared(engine, options())).toBe(true);
  expect(asked).toEqual([]);
  expect(readdirSync(bin)).toEqual([]);
});

// One that runs and has no program yet may have read the override just before it went.
test.each(["running", "restarting", "exited"])("one that is %s after a crash of what ran live starts as declared", async (status) => {
  const { engine, asked } = container(declared, [], { status });
  expect(await runDeclared(engine, options())).toBe(true);
  expect(asked).toEqual(["restart"]);
  expect(readdirSync(bin)).toEqual([]);
});

test("a container that this update leaves as it was keeps what it runs live", async () => {
  const { engine, asked } = container(other, [live]);
  await runDeclared(engine, options());
  expect(asked).toEqual([]);
  expect(readdirSync(bin)).toEqual(["live-service"]);
});

test("a container without our folder is left alone", async () => {
  const { engine, asked } = container(declared, [live], { mounted: false });
  await runDeclared(engine, options());
  expect(asked).toEqual([]);
});

test("what cannot be replaced is an error", async () => {
  const { engine } = container(declared, [live, live]);
  await expect(runDeclared(engine, options())).rejects.toThrow(
    /^service runs b{12} and not a{12}, which is declared; replace its container: docker rm -f c && \.\/nitro up -s alice$/,
  );
});
