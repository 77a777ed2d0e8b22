import { expect, test } from "vitest";
import type { ContainerDetails, EngineEvent, ExecResult, LogLine } from "../../docker/engine.ts";
import { type HealthWaitOptions, waitForHealth } from "../../stacks/healthy.ts";

type Moment = Partial<ContainerDetails> & { readonly gone?: boolean; readonly exitsWith?: number; readonly listens?: string };

/** A container that is in the given states at one look after the other, the last one for ever. */
function container(moments: readonly Moment[], log: readonly string[] = [], events: readonly Partial<EngineEvent>[] = []) {
  let look = -1;
  const seen: { clock: number; tries: number } = { clock: 0, tries: 0 };
  const at = (): Moment => moments[Math.min(look, moments.length - 1)] ?? {};
  return {
    seen,
    options: (role: HealthWaitOptions["role"] = "service"): HealthWaitOptions => ({
      role,
      stack: "alice",
      check: { command: ["check"] },
      timeoutMs: 1000,
      clock: {
        now: () => seen.clock,
        sleep: async (ms) => {
          seen.clock += ms;
        },
      },
    }),
    engine: {
      inspect: async (name: string): Promise<ContainerDetails | undefined> => {
        look++;
        if (at().gone) return undefined;
        return { ...details(name), running: (at().status ?? "running") === "running", ...at() };
      },
      exec: async (_name: string, [program]: readonly string[]): Promise<ExecResult> => {
        if (program === "cat") return { exitCode: 0, output: "", stdout: at().listens ?? "", stderr: "" };
        seen.tries++;
        return { exitCode: at().exitsWith ?? 1, output: "connection refused\n", stdout: "", stderr: "connection refused\n" };
      },
      pastEvents: async (): Promise<EngineEvent[]> => events.map((event) => ({ ...anEvent, ...event })),
      logs: async function* (): AsyncGenerator<LogLine> {
        for (const line of log) yield { stream: "stderr", line };
      },
    },
  };
}

const anEvent: EngineEvent = { type: "container", action: "die", id: "1", name: "c", attributes: {}, time: "" };

function details(name: string): ContainerDetails {
  return {
    ...{ id: "1", name, image: "i", imageId: "i", created: "", status: "running", running: true, exitCode: 0, oomKilled: false, error: "" },
    ...{
      startedAt: "",
      finishedAt: "",
      restartCount: 0,
      health: "starting",
      healthOutput: undefined,
      healthCheck: undefined,
      labels: {},
      env: {},
      command: [],
    },
    ...{
      entrypoint: [],
      user: "",
      tty: false,
      processes: 0,
      memoryLimit: 0,
      restartPolicy: "",
      mounts: [],
      ports: [],
      bindings: [],
      networks: {},
    },
  };
}

test("it waits until the health check passes", async () => {
  const { engine, options, seen } = container([{}, {}, { exitsWith: 0 }]);
  await waitForHealth(engine, "c", options());
  expect(seen.tries).toBe(3);
});

test("a container that the engine calls healthy is believed", async () => {
  const { engine, options, seen } = container([{ health: "healthy" }]);
  await waitForHealth(engine, "c", options("redis"));
  expect(seen.tries).toBe(0);
});

test("the worker is asked although the engine calls it healthy: Redis may just have been replaced", async () => {
  const { engine, options, seen } = container([{ health: "healthy" }, { health: "healthy", exitsWith: 0 }]);
  await waitForHealth(engine, "c", options("worker"));
  expect(seen.tries).toBe(2);
});

test("an exit ends the waiting at once, with exit code, log and who waits", async () => {
  const { engine, options, seen } = container([{}, { status: "exited", exitCode: 2 }], ["panic: no key", "goroutine 1"]);
  await expect(waitForHealth(engine, "nitro-alice-redis", options("redis"))).rejects.toThrow(
    "redis exited with code 2 before it answered (container nitro-alice-redis); its last log lines:\n  | panic: no key\n  | goroutine 1\n" +
      "key-feeder, service, worker wait for it.\nmore: ./nitro logs redis -s alice",
  );
  expect(seen.clock).toBe(100);
});

test("a restart is an exit, also when the container runs again already: the code is that of its last end", async () => {
  const died = (exitCode: string) => ({ action: "die", attributes: { exitCode } });
  const moments = [{ restartCount: 3 }, { restartCount: 5 }];
  const { engine, options } = container(moments, [], [died("1"), { action: "oom" }, died("2")]);
  await expect(waitForHealth(engine, "c", options())).rejects.toThrow(
    "service exited with code 2 (it ran out of the memory its limit allows) before it answered",
  );
});

test("a restart whose reason the engine has forgotten has no code", async () => {
  const { engine, options } = container([{ restartCount: 3 }, { restartCount: 4 }]);
  await expect(waitForHealth(engine, "c", options())).rejects.toThrow("service ended and was started again before it answered");
});

test("running out of memory is named", async () => {
  const { engine, options } = container([{ status: "exited", exitCode: 137, oomKilled: true }]);
  await expect(waitForHealth(engine, "c", options())).rejects.toThrow("code 137 (it ran out of the memory its limit allows)");
});

test("time out says what the check said last", async () => {
  const { engine, options, seen } = container([{}]);
  await expect(waitForHealth(engine, "c", options())).rejects.toThrow(
    "did not answer within 1 s, its health check says: connection refused",
  );
  expect(seen.clock).toBe(1000);
});

test("a container that is gone names the command that brings it back", async () => {
  const { engine, options } = container([{ gone: true }]);
  await expect(waitForHealth(engine, "nitro-alice-service", options())).rejects.toThrow(
    "service: container nitro-alice-service is not there; bring it back with: ./nitro up -s alice",
  );
});

const listening = (address: string) => `   0: ${address} 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 1 1\n`;
const everywhere = "00000000";
const loopback = "0100007F";

test("a service that answers in its own container alone is told at once", async () => {
  const { engine, options, seen } = container([{ exitsWith: 0, listens: listening(`${loopback}:0050`) }]);
  await expect(waitForHealth(engine, "c", { ...options(), port: 80 })).rejects.toThrow(
    "service listens on 127.0.0.1:80: outside its container nobody reaches it; the stack tells it to by ADDR=0.0.0.0:80",
  );
  expect(seen.clock).toBe(0);
});

test("a service on another port is told with that port after ten seconds, in which it may open its own", async () => {
  const wrong = { listens: listening(`${everywhere}:2328`) };
  const { engine, options, seen } = container([wrong]);
  await expect(waitForHealth(engine, "c", { ...options(), port: 80, timeoutMs: 120_000 })).rejects.toThrow(
    "service listens on 0.0.0.0:9000 and not on port 80, where it is asked; the stack tells it to by ADDR=0.0.0.0:80",
  );
  expect(seen.clock).toBe(10_000);
  const slow = container([{}, wrong, wrong, { exitsWith: 0, listens: wrong.listens + listening(`${everywhere}:0050`) }]);
  await waitForHealth(slow.engine, "c", { ...slow.options(), port: 80 });
});
