import { expect, test } from "vitest";
import type { ContainerDetails } from "../../docker/engine.ts";
import { type Role, roles, stackNames } from "../../model/names.ts";
import { CrashWatch, type CrashWatchArgs } from "../../stacks/crash-watch.ts";

const names = stackNames("alice");
type State = Partial<ContainerDetails>;

/** A watch over containers that are as `states` says, with ids of their roles. */
function watching(states: Partial<Record<Role, State>>, more: Partial<CrashWatchArgs> = {}) {
  const engine: CrashWatchArgs["engine"] = {
    async inspect(name) {
      const role = roles.find((each) => names.containers[each] === name) as Role;
      const state = states[role];
      return (
        state &&
        ({
          id: role,
          name,
          restartCount: 0,
          status: "restarting",
          running: false,
          exitCode: 3,
          oomKilled: false,
          ...state,
        } as ContainerDetails)
      );
    },
    pastEvents: async () => [],
    async *logs(name) {
      yield { stream: "stderr", line: `${name}: no room` };
    },
  };
  return new CrashWatch({ engine, names, before: new Set(), executable: Promise.resolve(), superseded: undefined, intervalMs: 1, ...more });
}

const never = () => new Promise<void>(() => {});
const looks = () => new Promise((resolve) => setTimeout(resolve, 30));

test.each(roles)("%s: new and started again twice, it ends the waiting for every part, with its log", async (role) => {
  const watch = watching({ [role]: { restartCount: 2 } });
  const waits = roles.map(() => watch.during(never()));
  const told = await Promise.allSettled(waits);
  for (const each of told) {
    expect(each).toMatchObject({ status: "rejected" });
    const { message } = (each as PromiseRejectedResult).reason as Error;
    expect(message).toContain(
      `${role} crashes again and again: it exited with code 3, and was started again 2 times (container nitro-alice-${role})`,
    );
    expect(message).toContain(`its last log lines:\n  | nitro-alice-${role}: no room`);
    expect(message).toContain(`more: ./nitro logs ${role} -s alice`);
  }
});

test("who waits for it is named", async () => {
  const message = "key-feeder, service, worker wait for it.";
  await expect(watching({ redis: { restartCount: 2 } }).during(never())).rejects.toThrow(message);
});

test("one crash is none again and again, and what is waited for comes", async () => {
  const watch = watching({ redis: { restartCount: 1 } });
  expect(await watch.during(looks().then(() => "answered"))).toBe("answered");
});

test("what was there before counts once the update is past it, from then on", async () => {
  const redis = { restartCount: 7 };
  const watch = watching({ redis }, { before: new Set(["redis"]) });
  await watch.during(looks());
  redis.restartCount = 8;
  watch.settled("redis");
  await watch.during(looks());
  redis.restartCount = 10;
  await expect(watch.during(never())).rejects.toThrow("redis crashes again and again");
});

test("superseded, nobody is told", async () => {
  const watch = watching({ redis: { restartCount: 5 } }, { superseded: AbortSignal.abort() });
  expect(await watch.during(looks().then(() => "over"))).toBe("over");
});

test("an engine that does not answer for a moment is asked again", async () => {
  let asked = 0;
  const engine: CrashWatchArgs["engine"] = {
    async inspect(name) {
      if (asked++ < 10) throw new Error("busy");
      return { id: "1", name, restartCount: 2, running: false, exitCode: 1, oomKilled: false } as ContainerDetails;
    },
    pastEvents: async () => [],
    async *logs() {},
  };
  await expect(watching({}, { engine }).during(never())).rejects.toThrow("crashes again and again");
});

test("while an update is armed nobody looks: nothing changes until the executable is there", async () => {
  const executable = Promise.withResolvers<void>();
  const watch = watching({ redis: { restartCount: 2 } }, { executable: executable.promise });
  const waits = watch.during(never());
  let over = false;
  waits.catch(() => {
    over = true;
  });
  await looks();
  expect(over).toBe(false);
  executable.resolve();
  await expect(waits).rejects.toThrow("redis crashes again and again");
});
