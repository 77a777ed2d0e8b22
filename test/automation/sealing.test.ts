import { expect, it } from "vitest";
import { countKeys, presentRun, saysUnsealed } from "../../automation/sealing.ts";

it("knows the service's word for being unsealed from the rest of its log", () => {
  expect(saysUnsealed('{"level":"info","message":"zebpayApiKey is loaded in secrets!"}')).toBe(true);
  expect(saysUnsealed('{"level":"info","message":"waiting for shares"}')).toBe(false);
});

it("counts the objects of a listing", () => {
  const listing =
    "<ListBucketResult><Contents><Key>abc2/operator-share_1</Key></Contents><Contents><Key>b</Key></Contents></ListBucketResult>";
  expect(countKeys(listing)).toBe(2);
  expect(countKeys("<ListBucketResult><KeyCount>0</KeyCount></ListBucketResult>")).toBe(0);
});

it("counts what was logged since the run before ended, or since the container was made", () => {
  const created = "2026-11-24T00:50:38.003890544Z";
  expect(presentRun({ created, finishedAt: "0001-01-01T00:00:00Z" })).toEqual(new Date("2026-11-24T00:50:38.003Z"));
  expect(presentRun({ created, finishedAt: "2026-11-24T01:00:00Z" })).toEqual(new Date("2026-11-24T01:00:00Z"));
  const programSince = "2026-11-24T02:00:00Z";
  expect(presentRun({ created, finishedAt: "2026-11-24T01:00:00Z", programSince })).toEqual(new Date(programSince));
});
