import { expect, test } from "vitest";
import { BuildWrites } from "../../../cli/watch/build-writes.ts";

const file = "gen.go";

/** Builds of a second each, one after the other. */
function builds() {
  const writes = new BuildWrites();
  let now = 0;
  return {
    writes,
    /** What a change of the file in the middle of the next build means. */
    written(ends = true, of = file) {
      now += 2_000;
      writes.begin(now);
      const meaning = writes.judge({ file: of, at: now + 500 });
      if (ends) writes.end(now + 1_000);
      return meaning;
    },
    quiet() {
      now += 2_000;
      writes.begin(now);
      writes.end(now + 1_000);
    },
    between: () => writes.judge({ file, at: now + 1_500 }),
  };
}

test("a file that is written in each build is the build's own from the third on, and told once", () => {
  const { writes, written } = builds();
  expect(written(false)).toBe("fresh");
  expect(written()).toBe("late");
  expect(writes.takeFound()).toEqual([]);
  expect(written()).toBe("own");
  expect(writes.takeFound()).toEqual([file]);
  expect(written()).toBe("own");
  expect(writes.takeFound()).toEqual([]);
});

test("what is written between builds, or was before this one, is always fresh", () => {
  const { writes, written, between } = builds();
  for (let build = 0; build < 4; build++) written();
  expect(between()).toBe("fresh");
  writes.begin(100_000);
  expect(writes.judge({ file, at: 99_000 })).toBe("fresh");
});

test("a word of it that comes after the build's end counts by when it was written", () => {
  const writes = new BuildWrites();
  for (const [began, meaning] of [
    [0, "fresh"],
    [10_000, "late"],
    [20_000, "own"],
  ] as const) {
    writes.begin(began);
    writes.end(began + 1_000);
    expect(writes.judge({ file, at: began + 999 })).toBe(meaning);
  }
});

test("a build that ends without writing it shows that somebody else did", () => {
  const { written, quiet } = builds();
  for (let build = 0; build < 3; build++) written();
  quiet();
  expect(written()).toBe("fresh");
});

test("one that was cut off before it came to it shows nothing", () => {
  const { writes, written } = builds();
  for (let build = 0; build < 3; build++) written();
  expect(written(false, "main.go")).toBe("fresh");
  expect(written()).toBe("own");
  expect(writes.takeFound()).toEqual([file]);
});
