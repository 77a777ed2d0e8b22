import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { BuildError, runBuild } from "../../../cli/watch/build.ts";
import { waitFor } from "../../../testing/wait-for.ts";

let cwd = "";
beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), "nitro-build-"));
});
afterEach(() => rmSync(cwd, { recursive: true, force: true }));

const never = () => new AbortController().signal;
const env = { PATH: process.env.PATH };

test("the command runs in the folder, with Go set for the engine", async () => {
  await runBuild({ command: "echo $GOOS $GOARCH $CGO_ENABLED > out", cwd, env, arch: "arm64" }, never());
  expect(readFileSync(join(cwd, "out"), "utf8")).toBe("linux arm64 0\n");
});

test("what the environment says comes first", async () => {
  await runBuild({ command: "echo $GOOS $CGO_ENABLED > out", cwd, env: { ...env, CGO_ENABLED: "1" }, arch: "amd64" }, never());
  expect(readFileSync(join(cwd, "out"), "utf8")).toBe("linux 1\n");
});

test("a failure has the command's own words, of both streams", async () => {
  const failed = runBuild({ command: "echo ./main.go:3: undefined: x >&2; echo more; exit 2", cwd, env, arch: "amd64" }, never());
  const error = await failed.catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(BuildError);
  expect(String(error)).toContain("exit code 2");
  expect(String(error)).toContain("./main.go:3: undefined: x");
  expect(String(error)).toContain("more");
});

test("an end takes all that the command has started with it", async () => {
  const stop = new AbortController();
  const building = runBuild({ command: "sleep 60 & echo $! > child; wait", cwd, env, arch: "amd64" }, stop.signal);
  const file = join(cwd, "child");
  await waitFor(() => existsSync(file) && readFileSync(file, "utf8").endsWith("\n"), { what: "the child" });
  stop.abort(new Error("a newer one"));
  await expect(building).rejects.toThrow("a newer one");
  const pid = Number(readFileSync(file, "utf8"));
  await waitFor(() => isGone(pid), { what: "the child's end" });
});

test("a command that ignores the polite end is killed", async () => {
  const stop = new AbortController();
  const building = runBuild({ command: "trap '' TERM; echo > ready; while :; do sleep 0.1; done", cwd, env, arch: "amd64" }, stop.signal);
  await waitFor(() => existsSync(join(cwd, "ready")), { what: "the command" });
  stop.abort();
  await expect(building).rejects.toThrow();
});

/** Also what only waits to be reaped is gone. */
function isGone(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return process.platform === "linux" && /\) Z /.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch {
    return true;
  }
}
