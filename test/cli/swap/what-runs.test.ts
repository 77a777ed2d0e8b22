import { expect, test } from "vitest";
import { type RunningRole, tellSwap } from "../../../cli/swap/what-runs.ts";
import type { ContainerDetails, Engine } from "../../../docker/engine.ts";
import { type LiveRole, liveRoles } from "../../../executable/live-override.ts";
import { labels, stackNames } from "../../../model/names.ts";

const { containers } = stackNames("alice");

/** @param declared what each role's container was made for; none of them runs */
async function told(
  roles: readonly LiveRole[],
  declared: Readonly<Partial<Record<LiveRole, string>>>,
  before: ReadonlyMap<LiveRole, RunningRole> = new Map(),
): Promise<string> {
  const inspect = async (name: string) => {
    const role = liveRoles.find((each) => containers[each] === name);
    return (
      role &&
      ({
        id: role,
        name,
        status: "exited",
        labels: { ...(declared[role] && { [labels.executable]: declared[role] }) },
      } as unknown as ContainerDetails)
    );
  };
  let text = "";
  const swap = { stack: "alice", roles, before, began: Date.now() };
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

const [one, two] = ["1".repeat(64), "2".repeat(64)];
const short = (sha256: string) => sha256.slice(0, 12);

test.each([
  ["another executable", { id: "old", declared: one, sha256: one, started: true }, two, `service: ${short(one)} → ${short(two)}`],
  [
    "another one than what was swapped live",
    { id: "old", declared: two, sha256: one, started: true },
    two,
    `service: ${short(one)} → ${short(two)}`,
  ],
  [
    "the same in a new container",
    { id: "old", declared: one, sha256: one, started: true },
    one,
    `service: ${short(one)} runs again, unchanged, in a new container`,
  ],
  [
    "the same, where the container had been stopped by a swap that was killed",
    { id: "old", declared: one, sha256: undefined, started: true },
    one,
    `service: ${short(one)} runs again, unchanged, in a new container`,
  ],
  [
    "the same in the same container, which had ended",
    { id: "service", declared: one, sha256: one, started: true },
    one,
    `service: ${short(one)} runs again, unchanged`,
  ],
  [
    "what was not touched",
    { id: "service", declared: one, sha256: undefined, started: true },
    one,
    `service: unchanged, ${short(one)} runs already`,
  ],
  [
    "what a swap that was killed had made, and not started",
    { id: "old", declared: two, sha256: undefined, started: false },
    two,
    `service: ${short(two)} runs, its container had not been started`,
  ],
  ["a container that was gone: something had run in it", undefined, one, `service: ${short(one)} runs, its container was not there`],
  ["what does not say what it is", { id: "old", declared: "?", sha256: undefined, started: true }, undefined, "service: ? → ?"],
] as const)("%s is told as what it is", async (_what, before, declared, line) => {
  const found = new Map<LiveRole, RunningRole>(before === undefined ? [] : [["service", before]]);
  expect((await told(["service"], declared === undefined ? { service: "" } : { service: declared }, found)).split("\n")[0]).toBe(line);
});
