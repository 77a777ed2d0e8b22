import { expect, test } from "vitest";
import { RequestIds } from "../../../ledger/http/request-ids.ts";

test("request ids: 22 letters and digits, all different, also of two servers", () => {
  const [one, other] = [new RequestIds(), new RequestIds()];
  const ids = [one, other].flatMap((source) => Array.from({ length: 2000 }, () => source.next()));
  expect(new Set(ids).size).toBe(4000);
  for (const id of ids) expect(id).toMatch(/^[0-9A-Za-z]{22}$/);
});
