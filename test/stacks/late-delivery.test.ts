import { expect, it } from "vitest";
import { liveRoles } from "../../executable/live-override.ts";
import { labels } from "../../model/names.ts";
import { makeWay, type WayArgs } from "../../stacks/late-delivery.ts";

const container = (id: string, role: string, executable: string) => ({
  id,
  labels: { [labels.role]: role, [labels.executable]: executable },
});

/** An engine that notes what it is asked to stop, and removes it at once. */
function makeWayIn(given: Partial<WayArgs> = {}) {
  const stopped: string[] = [];
  const engine = {
    stop: async (id: string) => void stopped.push(id),
    inspect: async () => undefined,
  };
  const containers = [container("1", "redis", ""), container("2", "service", "old"), container("3", "worker", "old")];
  const args = { engine, containers, staged: { sha256: "new" }, roles: liveRoles, mayStop: Promise.resolve(true), ...given };
  return { stopped, handover: makeWay(args) };
}

it("stops the containers that will run another executable, and no other", async () => {
  const all = makeWayIn();
  expect((await all.handover).staged.sha256).toBe("new");
  expect(all.stopped).toEqual(["2", "3"]);

  const one = makeWayIn({ roles: ["worker"] });
  await one.handover;
  expect(one.stopped).toEqual(["3"]);

  const same = makeWayIn({ staged: { sha256: "old" } });
  await same.handover;
  expect(same.stopped).toEqual([]);

  const none = makeWayIn({ roles: [] });
  await none.handover;
  expect(none.stopped).toEqual([]);
});

it("stops nothing before everything else is there, and nothing at all where it never will be", async () => {
  const may = Promise.withResolvers<boolean>();
  const waiting = makeWayIn({ mayStop: may.promise });
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(waiting.stopped).toEqual([]);
  may.resolve(true);
  await waiting.handover;
  expect(waiting.stopped).toEqual(["2", "3"]);

  const never = makeWayIn({ mayStop: Promise.resolve(false) });
  expect(await never.handover).toEqual({ staged: { sha256: "new" } });
  expect(never.stopped).toEqual([]);
});
