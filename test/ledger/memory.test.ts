import { totalmem } from "node:os";
import { expect, test } from "vitest";
import { Memory, memoryLimit, roomWithin } from "../../ledger/memory.ts";
import { LedgerError } from "../../ledger/transaction/errors.ts";

test("LEDGER_MEMORY is bytes, or a number with a unit; by default what there is", () => {
  expect(memoryLimit("805306368")).toBe(768 << 20);
  expect(memoryLimit("512m")).toBe(512 << 20);
  expect(memoryLimit("2G")).toBe(2 * 2 ** 30);
  for (const none of [undefined, ""]) {
    const limit = memoryLimit(none);
    expect(limit).toBeGreaterThan(0);
    expect(limit).toBeLessThanOrEqual(totalmem());
  }
});

test.each(["511m", "1t", "-1", "lots", "1.5g"])('LEDGER_MEMORY "%s" is refused', (setting) => {
  expect(memoryLimit(setting)).toEqual({ problem: expect.stringContaining(`LEDGER_MEMORY is "${setting}": allowed are`) });
});

test("transactions have half of what is left, and some room always", () => {
  expect(roomWithin(0)).toBe(32 << 20);
  expect(roomWithin(2 ** 50)).toBeGreaterThan(32 << 20);
});

test("what does not fit is refused, and fits once others have ended", () => {
  const memory = new Memory(100);
  memory.take(60);
  expect(() => memory.take(41)).toThrow(LedgerError);
  memory.take(40);
  memory.give(60);
  memory.take(60);
});
