import { expect, test } from "vitest";
import { CommitGate } from "../../../ledger/transaction/gate.ts";

/** A gate whose clock the test moves. */
function gateWithClock() {
  let time = 0;
  let waiting: { readonly at: number; readonly done: () => void }[] = [];
  const gate = new CommitGate({
    now: () => time,
    after: (ms, done) => {
      const entry = { at: time + ms, done };
      waiting.push(entry);
      return () => {
        waiting = waiting.filter((each) => each !== entry);
      };
    },
  });
  const advance = (ms: number) => {
    time += ms;
    for (const { done } of waiting.filter(({ at }) => at <= time)) done();
    waiting = waiting.filter(({ at }) => at > time);
  };
  return { gate, advance };
}

test("conflicts end by themselves, or when they are taken back", async () => {
  const { gate, advance } = gateWithClock();
  await gate.pass();
  gate.conflict(1000);
  await expect(gate.pass()).rejects.toMatchObject({ name: "OccConflictException" });
  advance(999);
  await expect(gate.pass()).rejects.toMatchObject({ name: "OccConflictException" });
  advance(1);
  await gate.pass();
  gate.conflict(1000);
  gate.conflict(0);
  await gate.pass();
});

test("held commits go on in their order when the time is over, or when they are let go", async () => {
  const { gate, advance } = gateWithClock();
  const passed: string[] = [];
  const commit = async (name: string) => gate.pass().then(() => passed.push(name));
  gate.hold(1000);
  const commits = [commit("a"), commit("b")];
  advance(900);
  // Whoever asks again holds them for longer.
  gate.hold(1000);
  advance(900);
  await Promise.resolve();
  expect(passed).toEqual([]);
  advance(100);
  await Promise.all(commits);
  expect(passed).toEqual(["a", "b"]);
  gate.hold(1000);
  const last = commit("c");
  gate.hold(0);
  await last;
  expect(passed).toEqual(["a", "b", "c"]);
  expect(gate.holding).toBe(false);
});
