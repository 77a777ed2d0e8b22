import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { describe, expect, it } from "vitest";
import { descendants, isAlive, killSession, killTree } from "../../common/process-tree.ts";

describe("descendants", () => {
  it("finds children and grandchildren, nobody else, and ends on a loop", () => {
    const all = [
      { pid: 1, parent: 0 },
      { pid: 5, parent: 1 },
      { pid: 6, parent: 5 },
      { pid: 7, parent: 6 },
      { pid: 8, parent: 1 },
      { pid: 5, parent: 7 },
    ];
    expect(descendants(5, all)).toEqual([6, 7, 5]);
    expect(descendants(8, all)).toEqual([]);
  });
});

describe("killTree", () => {
  it("kills what a process started in other process groups", async () => {
    const script = "setsid sleep 300 & echo $!; setsid sleep 300 & echo $!; wait";
    const child = spawn("sh", ["-c", script], { detached: true, stdio: ["ignore", "pipe", "ignore"] });
    const pids: number[] = [];
    for await (const line of createInterface({ input: child.stdout })) {
      pids.push(Number(line));
      if (pids.length === 2) break;
    }
    const ended = once(child, "exit");
    killTree(child.pid ?? 0);
    expect(await ended).toEqual([null, "SIGKILL"]);
    await expect.poll(() => pids.filter(isRunning), { timeout: 5_000 }).toEqual([]);
  });
});

describe.runIf(process.platform === "linux")("killSession", () => {
  it("kills what the dead leader of a session left running", async () => {
    const leader = spawn("sh", ["-c", "sleep 300 & echo $!"], { detached: true, stdio: ["ignore", "pipe", "ignore"] });
    const [line] = (await once(createInterface({ input: leader.stdout }), "line")) as [string];
    await once(leader, "exit");
    expect(isRunning(Number(line))).toBe(true);
    expect(killSession(leader.pid ?? 0)).toBe(1);
    await expect.poll(() => killSession(leader.pid ?? 0), { timeout: 5_000 }).toBe(0);
    expect(isRunning(Number(line))).toBe(false);
  });
});

/** A killed process may wait to be reaped for a while. */
function isRunning(pid: number): boolean {
  return isAlive(pid) && !zombie(pid);
}

function zombie(pid: number): boolean {
  try {
    return / Z /.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch {
    return true;
  }
}
