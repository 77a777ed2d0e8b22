import { execFileSync, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { EngineError, type ExecResult } from "../../docker/engine.ts";
import { parseReport, programFunctions } from "../../executable/probe-script.ts";
import { armReplacement } from "../../executable/replacement.ts";
import { proveRunning, readRunning } from "../../executable/running.ts";
import { binPath } from "../../executable/staging.ts";
import { writeWitness } from "../../executable/witness.ts";
import { waitFor } from "../../testing/wait-for.ts";

const sha256 = "0123456789abcdef".repeat(4);
const line = `9 ${sha256} 5000 53.25 1795560943.5\n`;
const program = { pid: 9, sha256, since: "2026-11-24T22:55:40.250Z" };

function engineThat(result: Partial<ExecResult> | Error) {
  return {
    exec: async (): Promise<ExecResult> => {
      if (result instanceof Error) throw result;
      return { exitCode: 0, stdout: "", stderr: "", output: result.stdout ?? "", ...result };
    },
  };
}

describe("the report of a container's program", () => {
  it("gives its start: now, less its age by the two clocks that count from boot", () => expect(parseReport(line)).toEqual(program));
  it("does without fractions of a second, as small images write them", () =>
    expect(parseReport(`9 ${sha256} 5000 53.25 1795560943%N\n`)?.since).toBe("2026-11-24T22:55:39.750Z"));
  it.each(["", "unreadable\n", "9 0123 5000 53.25 1\n"])("is not %j", (text) => expect(parseReport(text)).toBeUndefined());
});

/** What `report` writes about a process, with a PATH and a folder of staged executables of its own where they are given. */
function report(pid: number | "$$", path = process.env.PATH, bin = binPath): string {
  const script = `${programFunctions.replaceAll(binPath, bin)}\nprogram() { pid=${pid}; }\nPATH='${path}'\nreport || :`;
  return execFileSync("/bin/sh", ["-c", script], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
}

describe("a process that is looked at", () => {
  it("is reported by the hash of its file", () => {
    const sha256 = createHash("sha256").update(readFileSync("/bin/sh")).digest("hex");
    expect(parseReport(report("$$"))?.sha256).toBe(sha256);
  });

  it("is known without a look into its file where that is staged with a witness that fits", async () => {
    const bin = mkdtempSync(join(tmpdir(), "nitro-probe-"));
    const sleeper = join(bin, sha256, "payments");
    mkdirSync(join(bin, sha256));
    copyFileSync("/bin/sleep", sleeper);
    await writeWitness(join(bin, sha256), sleeper);
    const child = spawn(sleeper, ["60"], { stdio: "ignore" });
    try {
      const said = () => parseReport(report(child.pid ?? 0, process.env.PATH, bin))?.sha256;
      expect(said()).toBe(sha256);
      // Its mode is no content, but whoever changed it may have changed more.
      chmodSync(sleeper, 0o500);
      expect(said()).toBe(createHash("sha256").update(readFileSync(sleeper)).digest("hex"));
    } finally {
      child.kill();
      rmSync(bin, { recursive: true });
    }
  });

  it("is unreadable where it runs and its file cannot be hashed", () => expect(report("$$", "/nowhere")).toBe("unreadable\n"));

  it("is nothing once it has ended, also before its parent has noticed", async () => {
    // The shell becomes a program that never asks for its children; then the child gets the end of its input.
    const parent = spawn("/bin/sh", ["-c", "cat <&3 & echo $!; exec sleep 60"], { stdio: ["ignore", "pipe", "ignore", "pipe"] });
    try {
      const [, words, , input] = parent.stdio;
      if (words == null || input == null) throw new Error("no pipes");
      const [pid] = (await once(words, "data")).map(Number);
      await waitFor(() => readFileSync(`/proc/${parent.pid}/comm`, "utf8") === "sleep\n", { what: "the shell is a program" });
      input.destroy();
      await waitFor(() => readFileSync(`/proc/${pid}/stat`, "utf8").includes(") Z "), { what: "the child ended" });
      expect(report(pid ?? 0)).toBe("");
    } finally {
      parent.kill();
    }
  });
});

describe("what a container runs", () => {
  it("is its program, and whether the health check passed", async () => {
    expect(await proveRunning(engineThat({ stdout: line }), "c")).toEqual({ program, answers: true });
    expect(await proveRunning(engineThat({ stdout: line, exitCode: 4 }), "c")).toEqual({ program, answers: false });
  });

  it.each([
    ["there is no container", new EngineError("no such container", 404)],
    ["it does not run", new EngineError("is not running", 409)],
    ["it has no program at the moment", { exitCode: 3 }],
    ["it ended while it was looked at", { exitCode: 137 }],
    [
      "it ended just before",
      { exitCode: 126, output: "OCI runtime exec failed: exec failed: error executing setns process: exit status 1" },
    ],
  ])("is nothing where %s", async (_name, result) => expect(await readRunning(engineThat(result), "c")).toBeUndefined());

  it("is an error where the image does not allow to look, and where no engine answers", async () => {
    const output = 'OCI runtime exec failed: exec failed: container_linux.go:380: exec: "sh": executable file not found in $PATH: unknown';
    for (const exitCode of [126, 127]) {
      const looked = readRunning(engineThat({ exitCode, output }), "c");
      await expect(looked).rejects.toThrow(`what container c runs cannot be read back: ${output}`);
    }
    await expect(readRunning(engineThat({ exitCode: 3, stdout: "unreadable\n" }), "c")).rejects.toThrow("cannot be read back");
    await expect(readRunning(engineThat(new EngineError("no engine")), "c")).rejects.toThrow("no engine");
  });
});

describe("a replacement", () => {
  it.each([
    [{ stdout: line }, { kind: "done", program }],
    [{ exitCode: 4 }, { kind: "unsupervised" }],
    [{ exitCode: 5 }, { kind: "ended" }],
    [{ exitCode: 6 }, { kind: "refused" }],
    [{ exitCode: 7 }, { kind: "silent" }],
    [{ exitCode: 137, stdout: "seen\n" }, { kind: "ended" }],
    // Broken off before it could tell.
    [{ exitCode: 137 }, { kind: "lost" }],
    [{ exitCode: 0 }, { kind: "lost" }],
    [new EngineError("is not running", 409), { kind: "absent" }],
  ] as const)("that gives %j is %j", async (result, replaced) => {
    expect(await armReplacement(engineThat(result), "c", ["check"]).replaceBy(sha256)).toEqual(replaced);
  });

  it("knows when its waiting is over", async () => {
    const replacement = armReplacement(engineThat({ exitCode: 137 }), "c", ["check"]);
    await new Promise((resolve) => setImmediate(resolve));
    expect(replacement.over).toBe(true);
  });
});
