import { expect, test } from "vitest";
import { WaitTimeoutError, waitFor } from "../../testing/wait-for.ts";

test("gives what the check gives, at last", async () => {
  const answers: (number | undefined)[] = [undefined, undefined, 7];
  expect(await waitFor(() => answers.shift(), { what: "seven", intervalMs: 1 })).toBe(7);
});

test("zero and an empty text are answers; false is none", async () => {
  expect(await waitFor(() => 0, { what: "zero" })).toBe(0);
  const answers = [false, "" as const];
  expect(await waitFor(() => answers.shift(), { what: "text", intervalMs: 1 })).toBe("");
});

test("what the check throws counts as not yet", async () => {
  let calls = 0;
  const check = () => {
    calls++;
    if (calls < 3) throw new Error("connection refused");
    return true;
  };
  expect(await waitFor(check, { what: "it answers", intervalMs: 1 })).toBe(true);
  expect(calls).toBe(3);
});

test("in vain: the message says what was waited for and what came last", async () => {
  const call = waitFor(() => Promise.reject(new Error("connection refused")), { what: "it answers", timeoutMs: 20, intervalMs: 5 });
  await expect(call).rejects.toThrow(WaitTimeoutError);
  await expect(call).rejects.toThrow("waited 20 ms in vain: it answers (last: connection refused)");
});

test("a signal ends the waiting with its reason", async () => {
  const signal = AbortSignal.timeout(10);
  await expect(waitFor(() => false, { what: "x", intervalMs: 1, signal })).rejects.toThrow(/timeout/);
});
