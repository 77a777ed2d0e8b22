import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { quietMs, WatchedChanges } from "../../../cli/watch/changes.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const never = () => new AbortController().signal;

/** @returns what `next` gave, once it has */
function following(changes: WatchedChanges, signal = never()) {
  const seen: { value: string[] | undefined } = { value: undefined };
  void changes.next(signal).then((set) => {
    seen.value = [...set];
  });
  return seen;
}

test("a change is given once it has been quiet after it", async () => {
  const changes = new WatchedChanges();
  const seen = following(changes);
  changes.note("sources");
  await vi.advanceTimersByTimeAsync(quietMs.sources - 1);
  expect(seen.value).toBeUndefined();
  await vi.advanceTimersByTimeAsync(1);
  expect(seen.value).toEqual(["sources"]);
});

test("each further change puts it off", async () => {
  const changes = new WatchedChanges();
  const seen = following(changes);
  for (let step = 0; step < 5; step++) {
    changes.note("sources");
    await vi.advanceTimersByTimeAsync(quietMs.sources - 10);
    expect(seen.value).toBeUndefined();
  }
  await vi.advanceTimersByTimeAsync(10);
  expect(seen.value).toEqual(["sources"]);
});

test("changes of both kinds are one", async () => {
  const changes = new WatchedChanges();
  changes.note("executable");
  changes.note("sources");
  const seen = following(changes);
  await vi.advanceTimersByTimeAsync(quietMs.sources);
  expect(seen.value).toEqual(["executable", "sources"]);
});

test("what came before somebody waits is not lost, and is given once", async () => {
  const changes = new WatchedChanges();
  changes.note("executable");
  await vi.advanceTimersByTimeAsync(1000);
  expect([...(await changes.next(never()))]).toEqual(["executable"]);
  const seen = following(changes);
  await vi.advanceTimersByTimeAsync(1000);
  expect(seen.value).toBeUndefined();
});

test("what is forgotten is not given", async () => {
  const changes = new WatchedChanges();
  changes.note("executable");
  changes.forget("executable");
  const seen = following(changes);
  await vi.advanceTimersByTimeAsync(1000);
  expect(seen.value).toBeUndefined();
});

test("an end ends the waiting, with nothing", async () => {
  const changes = new WatchedChanges();
  const end = new AbortController();
  const seen = following(changes, end.signal);
  end.abort();
  await vi.advanceTimersByTimeAsync(0);
  expect(seen.value).toEqual([]);
});
