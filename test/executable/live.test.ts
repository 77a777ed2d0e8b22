import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { UserError } from "../../common/errors.ts";
import { type ContainerDetails, type Engine, EngineError, type ExecResult } from "../../docker/engine.ts";
import { swapLive } from "../../executable/live.ts";
import { readOverride, writeOverride } from "../../executable/live-override.ts";
import { binFolder, type LoadedExecutable } from "../../executable/staging.ts";
import { labels } from "../../model/names.ts";

const declared = "a".repeat(64);
const bytes = Buffer.from("a new executable");
const sha256 = createHash("sha256").update(bytes).digest("hex");
let executable: LoadedExecutable;
let root: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "nitro-live-"));
  const file = join(root, "built");
  writeFileSync(file, bytes);
  executable = { sha256, size: bytes.length, builtAt: new Date(0), file };
});

afterEach(() => rmSync(root, { recursive: true, force: true }));

/** An engine whose containers are as given, and whose exec of the waiting script ends with a code once it has the hash. */
function engineWith(details: Partial<ContainerDetails> | undefined, exitCode = 0, crash = "seen\n") {
  const calls: string[] = [];
  const mounts = [{ target: "/nitro/bin", source: binFolder(root, "alice") }];
  const has = { [labels.owner]: "me", [labels.stack]: "alice", [labels.executable]: declared };
  const engine = {
    inspect: async (name: string) =>
      details && ({ name, id: "1", status: "running", mounts, labels: has, healthCheck: ["check"], ...details } as ContainerDetails),
    containers: async () => [{ labels: has }],
    restart: async (name: string) => void calls.push(`restart ${name}`),
    logs: async function* () {
      yield { stream: "stderr", line: "panic: no" };
    },
    exec: async (name: string, _command: readonly string[], { stdin }: { stdin: AsyncIterable<Buffer> }): Promise<ExecResult> => {
      for await (const chunk of stdin) calls.push(`${name} < ${chunk.toString().trim()}`);
      const stdout = exitCode === 0 ? `seen\n9 ${sha256} 5000 53.25 1795560943.5\n` : crash;
      return { exitCode, stdout, stderr: "", output: stdout };
    },
  };
  return {
    calls,
    target: { engine: engine as unknown as Engine, root, stack: "alice", owner: "me", roles: ["service", "worker"] as const },
  };
}

async function refusal(work: Promise<unknown>): Promise<UserError> {
  const error = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(UserError);
  return error as UserError;
}

describe("a live swap", () => {
  it("stages the executable, writes the overrides and sends the hash to both containers", async () => {
    const { calls, target } = engineWith({});
    const results = await swapLive(target, executable);
    expect(results.map(({ role, program }) => [role, program.sha256])).toEqual([
      ["service", sha256],
      ["worker", sha256],
    ]);
    expect(calls.sort()).toEqual([`nitro-alice-service < ${sha256}`, `nitro-alice-worker < ${sha256}`]);
    const bin = binFolder(root, "alice");
    expect(readFileSync(join(bin, sha256, "payments"))).toEqual(bytes);
    for (const role of ["service", "worker"] as const) expect(await readOverride(bin, role)).toEqual({ declared, live: sha256 });
  });

  it("back to what is declared leaves no override", async () => {
    const { target } = engineWith({});
    await swapLive(target, executable);
    const same = engineWith({ labels: { [labels.owner]: "me", [labels.stack]: "alice", [labels.executable]: sha256 } });
    await swapLive(same.target, executable);
    for (const role of ["service", "worker"] as const) expect(await readOverride(binFolder(root, "alice"), role)).toBeUndefined();
  });

  it("restarts a container that crashes over and over: the engine would wait longer each time", async () => {
    const { calls, target } = engineWith({ status: "restarting" });
    await swapLive({ ...target, roles: ["service"] }, executable);
    expect(calls).toEqual(["restart nitro-alice-service", `nitro-alice-service < ${sha256}`]);
  });

  it.each([
    [undefined, 'stack "alice" has no container for service', "./nitro up -s alice"],
    [{ labels: { [labels.owner]: "other" } }, "belongs to somebody else", "use another stack name: -s <name>"],
    [{ status: "exited" }, "service does not run (exited): a live swap is not possible", "./nitro swap -s alice"],
    [{ mounts: [] }, "service does not see the staged executables of this folder", "./nitro swap -s alice"],
  ] as const)("is refused before anything is touched where the container is %j", async (details, message, hint) => {
    const { calls, target } = engineWith(details);
    const error = await refusal(swapLive(target, executable));
    expect(error.message).toContain(message);
    expect(error.hint).toBe(hint);
    expect(calls.filter((call) => call.includes("<"))).toEqual([]);
    expect(await readOverride(binFolder(root, "alice"), "service")).toBeUndefined();
  });

  it.each([
    [4, "runs an image without the supervisor", "./nitro swap -s alice"],
    [
      6,
      "was not started within 15 s; its last log lines:\n  | panic: no",
      "go back: ./nitro swap -s alice --previous, or to what is declared: ./nitro up -s alice",
    ],
  ])("that is not taken up (%i) leaves what the next start runs as it was", async (exitCode, message, hint) => {
    const { target } = engineWith({}, exitCode);
    const before = { declared, live: "b".repeat(64) };
    await swapLive(engineWith({}).target, executable);
    await writeOverride(binFolder(root, "alice"), "service", before);
    const error = await refusal(swapLive({ ...target, roles: ["service"] }, executable));
    expect(error.message).toContain(message);
    expect(error.hint).toBe(hint);
    expect(await readOverride(binFolder(root, "alice"), "service")).toEqual(before);
  });

  it("that ends before it was seen is tried again from the container's start, since it may have been the one before that ended", async () => {
    const { calls, target } = engineWith({}, 137, "");
    await refusal(swapLive({ ...target, roles: ["service"] }, executable));
    const [sent, restarted] = [`nitro-alice-service < ${sha256}`, "restart nitro-alice-service"];
    expect(calls).toEqual([sent, restarted, sent]);
  });

  it("that ends after a restart before the engine looks at it has ended too, and stays what restarts run", async () => {
    const { target } = engineWith({}, 137, "");
    const { exec } = target.engine;
    let commands = 0;
    target.engine.exec = async (...call: Parameters<Engine["exec"]>) => {
      commands += 1;
      if (commands > 1) throw new EngineError("container 1 is restarting, wait until the container is running", 409);
      return exec(...call);
    };
    const error = await refusal(swapLive({ ...target, roles: ["service"] }, executable));
    expect(error.message).toContain(`service: ${sha256.slice(0, 12)} ended as soon as it ran`);
    expect(await readOverride(binFolder(root, "alice"), "service")).toEqual({ declared, live: sha256 });
  });

  it("that crashes says so with its last log lines, and stays what restarts run", async () => {
    const error = await refusal(swapLive(engineWith({}, 137).target, executable));
    expect(error.message).toBe(`service: ${sha256.slice(0, 12)} ended as soon as it ran; its last log lines:\n  | panic: no`);
    expect(error.hint).toBe("go back: ./nitro swap -s alice --previous, or to what is declared: ./nitro up -s alice");
    expect(await readOverride(binFolder(root, "alice"), "service")).toEqual({ declared, live: sha256 });
  });
});
