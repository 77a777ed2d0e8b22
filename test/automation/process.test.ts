import { existsSync } from "node:fs";
import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { EngineEvent } from "../../automation/events.ts";
import { parseEngineEvent, runPulumi } from "../../automation/process.ts";

describe("parseEvent", () => {
  it("knows engine events from other text", () => {
    expect(parseEngineEvent('{"sequence":1,"timestamp":2,"cancelEvent":{}}')).toEqual({ sequence: 1, timestamp: 2, cancelEvent: {} });
    for (const line of ["", "Updating (alice)", "{", '{"serviceUrl":"http://x"}', "[1]"]) expect(parseEngineEvent(line)).toBeUndefined();
  });
});

/** A shell script in pulumi's place: what is tested is how a program is run, ended and listened to. */
describe("runPulumi", () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "nitro-run-"));
  });
  afterEach(() => rm(folder, { recursive: true }));

  async function script(text: string): Promise<{ env: Record<string, string>; cwd: string }> {
    const file = join(folder, "pulumi");
    await writeFile(file, `#!/bin/sh\n${text}`);
    await chmod(file, 0o755);
    return { env: { PATH: `${folder}:/usr/bin:/bin` }, cwd: folder };
  }

  it("separates events, text and errors, and passes arguments on", async () => {
    const base = await script(`echo '{"sequence":1,"timestamp":2}'; echo "text $*"; echo oops >&2; exit 3`);
    const events: EngineEvent[] = [];
    const result = await runPulumi({ ...base, args: ["up", "--x y"], onEvent: (event) => events.push(event) });
    expect(result).toEqual({ exitCode: 3, output: "text up --x y", errors: "oops" });
    expect(events).toEqual([{ sequence: 1, timestamp: 2 }]);
  });

  it("hands it no input to ask on, and a process group that a terminal's Ctrl-C does not reach", async () => {
    const base = await script("read answer || echo 'no answer'; exec ps -o pid=,pgid= -p $$");
    const [answer, ids = ""] = (await runPulumi({ ...base, args: [] })).output.split("\n");
    expect(answer).toBe("no answer");
    const [pid, group] = ids.trim().split(/\s+/);
    expect(group).toBe(pid);
  });

  it("asks it to stop with SIGINT, and waits for it to do so", async () => {
    const base = await script("trap 'echo stopping; kill $!; exit 130' INT; sleep 300 & touch ready; wait");
    const stop = new AbortController();
    const running = runPulumi({ ...base, args: [], signal: stop.signal });
    await expect.poll(() => existsSync(join(folder, "ready")), { timeout: 5_000 }).toBe(true);
    stop.abort();
    expect(await running).toEqual({ exitCode: 130, output: "stopping", errors: "" });
  });

  it("kills it with all it started", async () => {
    const base = await script("trap '' INT; sleep 300 & touch ready; wait");
    const kill = new AbortController();
    const running = runPulumi({ ...base, args: [], kill: kill.signal });
    await expect.poll(() => existsSync(join(folder, "ready")), { timeout: 5_000 }).toBe(true);
    kill.abort();
    expect(await running).toMatchObject({ exitCode: 137 });
  });

  it("names what brings pulumi where there is none", async () => {
    await expect(runPulumi({ args: [], env: { PATH: folder }, cwd: folder })).rejects.toMatchObject({ hint: "./nitro setup" });
  });
});
