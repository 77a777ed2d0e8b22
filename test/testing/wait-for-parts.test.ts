import { setTimeout as pause } from "node:timers/promises";
import { expect, test } from "vitest";
import type { Role } from "../../model/names.ts";
import { PartEndedError } from "../../testing/container-watch.ts";
import { waitForParts } from "../../testing/wait-for-parts.ts";

const watch = (look: () => Promise<readonly Role[]>) => ({ look });
const fine = watch(async () => []);
const ended = watch(async () => {
  throw new PartEndedError("worker", "worker exited with code 2");
});
const never = new Promise<never>(() => {});

test("gives what the check gives", async () => {
  expect(await waitForParts(fine, () => 7, { what: "seven" })).toBe(7);
});

test("ends with the part that ended, though the check hangs on it", async () => {
  const waiting = waitForParts(ended, () => never, { what: "payment 3 is paid" });
  await expect(waiting).rejects.toThrow(PartEndedError);
  await expect(waiting).rejects.toThrow("waited for: payment 3 is paid; worker exited with code 2");
});

test("where no engine answers, that is the failure", async () => {
  const gone = watch(async () => {
    throw new Error("no container engine answers");
  });
  await expect(waitForParts(gone, () => false, { what: "x" })).rejects.toThrow("no container engine answers");
});

test("in vain: says what is paused", async () => {
  const paused = watch(async () => ["redis"]);
  const waiting = waitForParts(paused, () => false, { what: "x", timeoutMs: 20, intervalMs: 5 });
  await expect(waiting).rejects.toThrow("waited 20 ms in vain: x; redis is paused");
});

test("nobody looks any more once it has ended", async () => {
  let looks = 0;
  const counting = watch(async () => {
    looks++;
    return [];
  });
  const clock = { now: () => 0, sleep: () => pause(1) };
  await waitForParts(counting, () => true, { what: "x" }, clock);
  const after = looks;
  await pause(20);
  expect(looks).toBe(after);
});

test("a signal ends it with its reason", async () => {
  const signal = AbortSignal.abort(new Error("the test is over"));
  await expect(waitForParts(fine, () => false, { what: "x", signal })).rejects.toThrow("the test is over");
});
