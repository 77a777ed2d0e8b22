import { expect, test } from "vitest";
import { HeldError } from "../../automation/lock.ts";
import { whenFree } from "../../automation/when-free.ts";

/** @param times how often the stack is held before it is free */
function holding(times: number): { lines: string[]; work: () => Promise<string>; looks: () => number } {
  const lines: string[] = [];
  let looks = 0;
  const work = async () => {
    looks++;
    if (looks <= times) throw new HeldError("stack is being changed by ann", "wait for it");
    return "begun";
  };
  return { lines, work, looks: () => looks };
}

const going = new AbortController().signal;

test("a stack that is held for a while is waited for, which is told once and at once", async () => {
  const { lines, work } = holding(3);
  const progress = { line: (text: string) => void lines.push(text) };
  expect(await whenFree(work, { progress, signal: going, timeoutMs: 60_000 })).toBe("begun");
  expect(lines).toEqual(["waiting: stack is being changed by ann"]);
});

test("one that stays held is told with its holder once the time is over", async () => {
  const { lines, work, looks } = holding(Infinity);
  const progress = { line: (text: string) => void lines.push(text) };
  const waiting = whenFree(work, { progress, signal: going, timeoutMs: 500 });
  await expect(waiting).rejects.toMatchObject({ message: "stack is being changed by ann", hint: "wait for it" });
  expect(looks()).toBeGreaterThan(1);
});

test("Ctrl-C ends the waiting; any other error does at once", async () => {
  const stop = new AbortController();
  const { work } = holding(Infinity);
  const progress = { line: () => stop.abort() };
  await expect(whenFree(work, { progress, signal: stop.signal })).rejects.toBeInstanceOf(HeldError);
  const broken = () => Promise.reject(new Error("not up"));
  await expect(whenFree(broken, { progress, signal: going })).rejects.toThrow("not up");
});
