import { expect, test } from "vitest";
import { lastNoted, nextUse, useVolume } from "../../model/last-use.ts";

const at = "2026-11-24T12:00:00.000Z";
const use = { owner: "ann@laptop", user: "ann@laptop", at };
const now = Date.parse(at);

test("what a volume says is read back; of several the latest counts, whatever their order", () => {
  const later = { ...use, user: "bob@desk", at: "2026-11-25T00:00:00.000Z" };
  const volumes = [useVolume("alice", "us", later), useVolume("alice", "us", use), { name: "nitro-alice-redis", labels: {} }];
  expect(lastNoted(volumes)).toEqual(later);
  expect(lastNoted(volumes.toReversed())).toEqual(later);
  expect(lastNoted([])).toBeUndefined();
});

test("no two uses have one name", () => {
  expect(useVolume("alice", "us", use).name).not.toBe(useVolume("alice", "us", { ...use, at: "2026-11-24T12:00:00.001Z" }).name);
});

test("whoever is first is the owner; others are noted as users, and the same one again after some minutes", () => {
  expect(nextUse(undefined, "ann@laptop", now)).toEqual(use);
  expect(nextUse(use, "ann@laptop", now + 60_000)).toBeUndefined();
  expect(nextUse(use, "bob@desk", now + 60_000)).toEqual({ owner: "ann@laptop", user: "bob@desk", at: "2026-11-24T12:01:00.000Z" });
  expect(nextUse(use, "ann@laptop", now + 600_000)).toEqual({ ...use, at: "2026-11-24T12:10:00.000Z" });
});

test("a clock that was ahead does not keep uses from being noted", () => {
  expect(nextUse({ ...use, at: "2027-11-24T12:00:00.000Z" }, "ann@laptop", now)).toEqual(use);
});
