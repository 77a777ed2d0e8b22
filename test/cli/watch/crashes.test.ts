import { expect, test } from "vitest";
import { CrashGuard } from "../../../cli/watch/crashes.ts";
import type { ContainerDetails, EngineEvent } from "../../../docker/engine.ts";
import { type Role, roles, stackNames } from "../../../model/names.ts";

const { containers } = stackNames("alice");

/** An engine whose containers were started again as often as told. */
function engineWith(restarts: Partial<Record<Role, number>>) {
  return {
    async inspect(name: string) {
      const role = roles.find((each) => containers[each] === name);
      const restartCount = role && restarts[role];
      return restartCount === undefined
        ? undefined
        : ({ id: "1", name, running: true, restartCount, created: "2026-11-29" } as ContainerDetails);
    },
    pastEvents: async () => [{ action: "die", attributes: { exitCode: "3" } } as unknown as EngineEvent],
    async *logs() {
      yield { stream: "stderr" as const, line: "panic: no" };
    },
  };
}

test.each(roles)("a crash of the %s is told with its exit code and last lines, once", async (role) => {
  const restarts = Object.fromEntries(roles.map((each) => [each, 4]));
  const guard = new CrashGuard(engineWith(restarts), "alice");
  await guard.reset();
  expect(await guard.look()).toBeUndefined();
  restarts[role] = 5;
  const error = await guard.look();
  expect(error?.message).toBe(`${role} crashed (it exited with code 3) and was started again; its last log lines:\n  | panic: no`);
  const ours = role === "service" || role === "worker";
  expect(error?.hint).toBe(ours ? "./nitro swap -s alice --previous goes back" : `./nitro logs -s alice ${role}`);
  restarts[role] = 6;
  expect(await guard.look()).toBeUndefined();
});

test("before a swap has come to its end what runs the executable does not count, nor what is not there; the others do", async () => {
  const restarts: Partial<Record<Role, number>> = { service: 0, redis: 0 };
  const guard = new CrashGuard(engineWith(restarts), "alice");
  await guard.reset();
  guard.pause();
  restarts.service = 3;
  expect(await guard.look()).toBeUndefined();
  restarts.redis = 1;
  expect((await guard.look())?.message).toContain("redis crashed");
  await guard.reset();
  expect(await guard.look()).toBeUndefined();
  delete restarts.redis;
  expect(await guard.look()).toBeUndefined();
});
