import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Steps } from "../../common/steps.ts";

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

function printing(isTTY: boolean): { steps: Steps; printed: () => string } {
  let text = "";
  const write = (piece: string) => {
    text += piece;
    return true;
  };
  return { steps: new Steps({ isTTY, columns: 80, write }), printed: () => text };
}

test("a log shows the beginning, a line every ten seconds with what goes on, and the end", async () => {
  const { steps, printed } = printing(false);
  const result = steps.run("tool", async (detail) => {
    detail("piece 7");
    await new Promise((done) => setTimeout(done, 25_000));
    return 42;
  });
  await vi.advanceTimersByTimeAsync(25_000);
  expect(await result).toBe(42);
  expect(printed()).toBe("· tool\n  tool: 10.0s, piece 7\n  tool: 20.0s, piece 7\n✓ tool, 25.0s\n");
});

test("a step that fails prints no success, and its lines end", async () => {
  const { steps, printed } = printing(false);
  await expect(steps.run("tool", () => Promise.reject(new Error("no")))).rejects.toThrow("no");
  await vi.advanceTimersByTimeAsync(60_000);
  expect(printed()).toBe("· tool\n");
});

test("a terminal shows live what goes on, and keeps only the line of the end", async () => {
  const { steps, printed } = printing(true);
  const done = steps.run("tool", async (detail) => {
    detail("piece 7");
    await new Promise((end) => setTimeout(end, 15_000));
  });
  await vi.advanceTimersByTimeAsync(15_000);
  await done;
  expect(printed()).toContain("· tool: 14.9s, piece 7\n\x1b[1A\x1b[0J");
  expect(printed().endsWith("\x1b[0J✓ tool, 15.0s\n")).toBe(true);
});
