import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
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
    await expect.poll(() => pids.filter(isAlive), { timeout: 5_000 }).toEqual([]);
  });
});

describe.runIf(process.platform === "linux")("killSession", () => {
  it("kills what the dead leader of a session left running", async () => {
    const { session, left, ended } = await deadLeader({ NITRO_TEST_OF: "alice" });
    expect(isAlive(left)).toBe(true);
    expect(killSession(session, "NITRO_TEST_OF=alice")).toBe(1);
    await expect.poll(() => isAlive(left), { timeout: 5_000 }).toBe(false);
    expect(killSession(session, "NITRO_TEST_OF=alice")).toBe(0);
    ended();
  });

  it.each<Readonly<Record<string, string>>>([{}, { NITRO_TEST_OF: "bob" }, { NITRO_TEST_OF: "alice2" }])(
    "lets a session with %j live: its id proves nothing",
    async (env) => {
      const { session, left, ended } = await deadLeader(env);
      expect(killSession(session, "NITRO_TEST_OF=alice")).toBe(0);
      await sleep(100);
      expect(isAlive(left)).toBe(true);
      ended();
    },
  );

  it("lets a session live whose leader does", async () => {
    const leader = spawn("sh", ["-c", "sleep 300 & echo $!; wait"], {
      detached: true,
      env: { ...process.env, NITRO_TEST_OF: "alice" },
      stdio: ["ignore", "pipe", "ignore"],
    });
    const [line] = (await once(createInterface({ input: leader.stdout }), "line")) as [string];
    expect(killSession(leader.pid ?? 0, "NITRO_TEST_OF=alice")).toBe(0);
    await sleep(100);
    expect([leader.pid ?? 0, Number(line)].map(isAlive)).toEqual([true, true]);
    killTree(leader.pid ?? 0);
  });
});

/** A session whose leader has ended and left one process. */
async function deadLeader(env: Readonly<Record<string, string>>) {
  const leader = spawn("sh", ["-c", "sleep 300 & echo $!"], {
    detached: true,
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "ignore"],
  });
  const [line] = (await once(createInterface({ input: leader.stdout }), "line")) as [string];
  await once(leader, "exit");
  const left = Number(line);
  return { session: leader.pid ?? 0, left, ended: () => killTree(left) };
}
