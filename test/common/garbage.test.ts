import { expect, test } from "vitest";
import { collectGarbage } from "../../common/garbage.ts";

test("what nobody refers to is gone", async () => {
  const garbage = new WeakRef({});
  // A weak reference that was just made or read holds its object until the turn ends.
  await new Promise((resolve) => setImmediate(resolve));
  collectGarbage();
  expect(garbage.deref()).toBeUndefined();
});
