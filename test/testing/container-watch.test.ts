import { expect, test } from "vitest";
import type { ContainerDetails, EngineEvent, LogLine } from "../../docker/engine.ts";
import { ContainerWatch, PartEndedError } from "../../testing/container-watch.ts";

type State = Partial<Pick<ContainerDetails, "id" | "status" | "restartCount" | "exitCode">> | "gone";

/** A worker that is in the given states, one second apart. */
function watched(states: readonly State[]) {
  let at = 0;
  const clock = { now: () => at * 1_000, sleep: async () => {} };
  const engine = {
    async inspect(name: string): Promise<ContainerDetails | undefined> {
      const state = states[Math.min(at, states.length - 1)] ?? "gone";
      if (state === "gone") return undefined;
      const details = {
        id: "1",
        status: "running",
        restartCount: 0,
        exitCode: 0,
        oomKilled: false,
        created: "2026-01-01T00:00:00Z",
        ...state,
      };
      return { ...details, name, running: details.status === "running" } as ContainerDetails;
    },
    pastEvents: async (): Promise<EngineEvent[]> => [],
    async *logs(): AsyncGenerator<LogLine> {
      yield { stream: "stderr", line: "panic: no more money" };
    },
  };
  const watch = new ContainerWatch(engine, "alice", ["worker"], clock);
  return async () => {
    for (at = 0; at < states.length; at++) await watch.look();
    return watch.look();
  };
}

test("a part that ended and does not come back is told, with its exit code and last log lines", async () => {
  const ended: State = { status: "exited", exitCode: 2 };
  const look = watched([{}, ended, ended, ended, ended]);
  await expect(look()).rejects.toThrow(PartEndedError);
  await expect(look()).rejects.toThrow(
    "worker exited with code 2 (container nitro-alice-worker); its last log lines:\n  | panic: no more money",
  );
});

test("so is one that is gone", async () => {
  await expect(watched([{}, "gone", "gone", "gone", "gone"])()).rejects.toThrow(
    "worker is not there any more (container nitro-alice-worker)",
  );
});

test("and one that the engine starts again and again", async () => {
  const states: State[] = [{ restartCount: 5 }, { restartCount: 6 }, { restartCount: 7 }];
  await expect(watched(states)()).rejects.toThrow(
    /^worker crashes again and again: it .*, and was started again 2 times meanwhile .*panic: no more money$/s,
  );
});

test("or leaves waiting for its next start", async () => {
  const waits: State = { status: "restarting", restartCount: 9, exitCode: 2 };
  await expect(watched([waits, waits, waits, waits])()).rejects.toThrow("panic: no more money");
});

test.each<[string, State[]]>([
  ["runs", [{}, {}, {}, {}, {}]],
  ["is restarted by somebody, which takes a moment", [{}, { status: "exited" }, { status: "exited" }, {}, {}]],
  ["ends once and is started by the engine", [{}, { status: "restarting", restartCount: 1 }, { restartCount: 1 }, { restartCount: 1 }]],
  ["is swapped: another container takes its place", [{ restartCount: 1 }, "gone", "gone", { id: "2" }, { id: "2" }]],
  ["is swapped for one that had its troubles before", [{}, { id: "2", restartCount: 4 }, { id: "2", restartCount: 4 }]],
  ["is restarted by somebody after it crashed, and crashes once more", [{ restartCount: 3 }, {}, { restartCount: 1 }]],
])("one that %s has not ended", async (_what, states) => {
  expect(await watched(states)()).toEqual([]);
});

test("one that is paused has not ended, and is named", async () => {
  const paused: State = { status: "paused" };
  expect(await watched([{}, paused, paused, paused, paused])()).toEqual(["worker"]);
});
