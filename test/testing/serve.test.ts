import { PassThrough } from "node:stream";
import { text } from "node:stream/consumers";
import { expect, test, vi } from "vitest";
import { PartEndedError } from "../../testing/container-watch.ts";
import { serveFixtures } from "../../testing/serve/serve.ts";
import type { TestStack } from "../../testing/stack.ts";

/** What a stack does is for the end-to-end tests: here it is whether a call reaches it, and its answer the caller. */
function connection(stack: Partial<Record<keyof TestStack, unknown>> = {}) {
  const [input, output] = [new PassThrough(), new PassThrough()];
  const gone = new AbortController();
  const served = serveFixtures({ name: "alice", outputs: { network: "n" }, parts: ["redis"], ...stack } as unknown as TestStack, {
    input,
    output,
    signal: gone.signal,
  });
  const say = (...lines: unknown[]) => {
    for (const line of lines) input.write(`${typeof line === "string" ? line : JSON.stringify(line)}\n`);
  };
  const answers = async () => {
    await served;
    output.end();
    const lines = (await text(output)).trim().split("\n");
    return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  };
  return { input, say, answers, gone };
}

const asked = (...calls: unknown[]) => {
  const { say, answers, input } = connection({
    scope: (label: string) => ({
      id: `test-${label}`,
      payoutId: () => `test-${label}-1`,
      bucket: () => Promise.reject(new Error("no S3")),
    }),
    waitFor: () => Promise.reject(new PartEndedError("worker", "worker exited with code 2")),
  });
  say(...calls);
  setImmediate(() => input.end());
  return answers();
};

test("says first which stack it is, and ends with its input", async () => {
  expect(await asked()).toEqual([{ stack: "alice", outputs: { network: "n" }, parts: ["redis"] }]);
});

test("calls find what earlier ones have made", async () => {
  const [, ...answers] = await asked(
    { id: 1, call: "scope", args: { label: "a" } },
    { id: "two", call: "payoutId", args: { scope: "test-a" } },
    { id: 3, call: "bucket", args: { scope: "test-a" } },
  );
  expect(answers).toEqual([
    { id: 1, result: "test-a" },
    { id: "two", result: "test-a-1" },
    { id: 3, error: { name: "Error", message: "no S3" } },
  ]);
});

test.each([
  [{ id: 1, call: "fly" }, /^there is no call "fly": there are scope, /],
  [{ id: 1, call: "constructor" }, /^there is no call/],
  [{ id: 1 }, /^there is no call/],
  [{ id: 1, call: "payoutId", args: { scope: "test-b" } }, /^there is no scope "test-b"/],
  [{ id: 1, call: "pause", args: { part: "nginx" } }, /scope: .*; part: /],
  [{ id: 1, call: "restart", args: { scope: "a", part: "redis", grace: 1 } }, /grace/],
  [{ id: 1, call: "watch", args: { what: "x" } }, /^worker exited with code 2$/],
  ["{", /^no JSON object: \{$/],
])("%j is answered with an error", async (line, message) => {
  const [, answer] = await asked(line);
  expect(answer).toMatchObject({ error: { message: expect.stringMatching(message) } });
});

test("a call that is cancelled is not answered, nor one that runs when the caller is gone", async () => {
  const seen: AbortSignal[] = [];
  const waitFor = (_check: unknown, { signal }: { signal: AbortSignal }) => {
    seen.push(signal);
    return new Promise((_, fail) => signal.addEventListener("abort", () => fail(signal.reason)));
  };
  const { say, answers, gone } = connection({ waitFor });
  say({ id: 1, call: "watch", args: { what: "a" } }, { id: 2, call: "watch", args: { what: "b" } });
  await vi.waitUntil(() => seen.length === 2);
  say({ cancel: 1 });
  await vi.waitUntil(() => seen[0]?.aborted === true);
  expect(seen[1]?.aborted).toBe(false);
  gone.abort();
  expect(await answers()).toHaveLength(1);
  expect(seen[1]?.aborted).toBe(true);
});
