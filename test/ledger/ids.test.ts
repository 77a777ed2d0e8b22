import { expect, test } from "vitest";
import { newId } from "../../ledger/ids.ts";

test("ids: 22 base-62 digits of a UUID, all different", () => {
  expect(newId("00000000-0000-0000-0000-000000000000")).toBe("0".repeat(22));
  expect(newId("00000000-0000-0000-0000-00000000003e")).toBe(`${"0".repeat(20)}10`);
  expect(newId("ffffffff-ffff-ffff-ffff-ffffffffffff")).toBe("7n42DGM5Tflk9n8mt7Fhc7");
  const ids = Array.from({ length: 1000 }, () => newId());
  expect(new Set(ids).size).toBe(1000);
  for (const id of ids) expect(id).toMatch(/^[0-9A-Za-z]{22}$/);
});
