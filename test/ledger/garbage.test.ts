import { expect, test } from "vitest";
import { GarbageLimit } from "../../ledger/garbage.ts";

interface Look {
  readonly resident: number;
  readonly held: number;
  /** Held once garbage was collected; all of it by default. */
  readonly lives?: number;
}

/** @returns what was held at each look at which garbage was collected */
function collectedAt(limit: number, looks: readonly Look[]): number[] {
  const garbage = new GarbageLimit(limit);
  const collected: number[] = [];
  for (const { resident, held, lives = held } of looks) {
    let now = held;
    garbage.look(
      () => ({ resident, held: now }),
      () => {
        collected.push(held);
        now = lives;
      },
    );
  }
  return collected;
}

test("garbage is let be below six tenths of the limit", () => {
  const looks = [
    { resident: 10, held: 9 },
    { resident: 959, held: 900 },
    { resident: 960, held: 901, lives: 100 },
  ];
  expect(collectedAt(1600, looks)).toEqual([901]);
});

test("then as soon as a quarter of what is left was allocated, however much the system has not yet taken back", () => {
  const looks = [
    { resident: 1000, held: 900, lives: 100 },
    { resident: 1000, held: 249 },
    { resident: 1000, held: 250, lives: 110 },
    { resident: 1400, held: 159 },
    { resident: 1400, held: 160 },
  ];
  expect(collectedAt(1600, looks)).toEqual([900, 250, 160]);
});

test("what lives is not looked through again and again, even close to the limit", () => {
  const looks = [1500, 1510, 1549, 1550, 1599].map((held) => ({ resident: held, held }));
  expect(collectedAt(1600, looks)).toEqual([1500, 1550]);
});

test("what has gone by itself counts no longer as living", () => {
  const looks = [
    { resident: 1000, held: 900 },
    { resident: 1000, held: 200 },
    { resident: 1000, held: 350, lives: 200 },
  ];
  expect(collectedAt(1600, looks)).toEqual([900, 350]);
});
