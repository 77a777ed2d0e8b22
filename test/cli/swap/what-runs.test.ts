import { expect, test } from "vitest";
import { tellSwap } from "../../../cli/swap/what-runs.ts";
import type { ContainerDetails, Engine } from "../../../docker/engine.ts";
import { type LiveRole, liveRoles } from "../../../executable/live-override.ts";
import { labels, stackNames } from "../../../model/names.ts";

const { containers } = stackNames("alice");

/** @param declared what each role's container was made for; none of them runs */
async function told(roles: readonly LiveRole[], declared: Readonly<Record<LiveRole, string>>): Promise<string> {
  const inspect = async (name: string) => {
    const role = liveRoles.find((each) => containers[each] === name);
    return role && ({ id: role, name, status: "exited", labels: { [labels.executable]: declared[role] } } as unknown as ContainerDetails);
  };
  let text = "";
  const swap = { stack: "alice", roles, before: new Map(), began: Date.now() };
  await tellSwap({ inspect } as unknown as Engine, swap, (line) => {
    text += line;
  });
  return text;
}

test("the role that was left alone is told, where it runs something else", async () => {
  const text = await told(["service"], { service: "new", worker: "old" });
  expect(text).toContain("service: new runs");
  expect(text).toContain("worker: old runs on, until the next up or swap: the settings name one executable for both");
});

test.each([
  [["service"], { service: "same", worker: "same" }],
  [["service", "worker"], { service: "new", worker: "new" }],
] as const)("swapping %j, nothing is said of others", async (roles, declared) => {
  expect(await told(roles, declared)).not.toContain("runs on");
});
