import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Progress } from "../../common/progress.ts";
import { showBuild, showWait } from "../../images/show-build.ts";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

function showing(isTTY: boolean) {
  let text = "";
  const write = (piece: string) => {
    text += piece;
    return true;
  };
  const progress = new Progress({ isTTY, columns: 60, write });
  return { show: showBuild(progress), wait: showWait(progress), shown: () => text };
}

const step = (elapsedMs: number) => ({ image: "redis", step: "2/5 RUN make", detail: "gcc one.c", elapsedMs }) as const;

test("a terminal shows the last line of output live, and erases it for the next", () => {
  const { show, shown } = showing(true);
  show(step(1_000));
  show({ ...step(1_500), detail: "" });
  expect(shown()).toBe("· image redis: 2/5 RUN make 1.0s gcc one.c\n\x1b[1A\x1b[0J· image redis: 2/5 RUN make 1.5s\n");
});

test("a log gets a line every ten seconds, without the output", () => {
  const { show, shown } = showing(false);
  for (let second = 1; second <= 25; second++) {
    vi.advanceTimersByTime(1_000);
    show(step(second * 1_000));
  }
  expect(shown()).toBe("  image redis: 2/5 RUN make 10.0s\n  image redis: 2/5 RUN make 20.0s\n");
});

test("who is waited for is told at once, and from then on as often as it is said, with a terminal and without one", () => {
  const who = "process 7 on host, which builds images";
  const log = showing(false);
  log.wait(who, 3);
  log.wait(who, 10_100);
  expect(log.shown()).toBe(`  waiting for ${who}\n  waiting for ${who} 10.1s\n`);
  const terminal = showing(true);
  terminal.wait(who, 3);
  expect(terminal.shown()).toBe(`· waiting for ${who}\n`);
});
