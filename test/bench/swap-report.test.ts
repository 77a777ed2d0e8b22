import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { composeVersion } from "../../bench/compose.ts";
import { contendersNamed } from "../../bench/swap/contenders.ts";
import { judge, profileTable, type Rounds, swapTable } from "../../bench/swap/report.ts";

const rounds = (key: Rounds["key"], ...answered: number[]): Rounds => ({
  key,
  name: `the ${key} one`,
  swaps: answered.map((ms) => ({ answered: ms, proved: ms + 100 })),
});

test("the goals are judged by medians, and only by what took part", () => {
  expect(judge([rounds("cold", 3000, 2700, 9000), rounds("compose", 1000)])).toMatchObject([{ ok: true }]);
  expect(judge([rounds("cold", 3001), rounds("compose", 1000)])).toMatchObject([{ ok: false }]);
  expect(judge([rounds("live", 150, 201, 250), rounds("docker", 1)])).toMatchObject([{ ok: false }]);
  expect(judge([rounds("warm", 1400), rounds("compose-watch", 1399)]).map(({ ok }) => ok)).toEqual([true, false]);
  expect(judge([rounds("docker", 1)])).toEqual([]);
});

test("the table has the ratio to docker compose where that was measured", () => {
  const lines = swapTable([rounds("cold", 2000, 3000, 1000), rounds("compose", 500, 1000, 1500)]).split("\n");
  expect(lines[0]).toContain("medians of 3 rounds");
  expect(lines[1]).toMatch(/the cold one +2\.00 s +1\.00 s +3\.00 s +2\.10 s +2\.00$/);
  expect(swapTable([rounds("cold", 2000)])).not.toContain("times compose");
});

test("phases are medians over the rounds", () => {
  const swaps = [10, 30, 20].map((ms) => ({ answered: 1, proved: 1, profile: new Map([["loading", ms]]) }));
  expect(profileTable({ key: "cold", name: "nitro swap", swaps })).toMatch(/^loading +0\.02 s$/m);
  expect(profileTable(rounds("docker", 1))).toBe("");
});

test("contenders are chosen by name", () => {
  expect(contendersNamed("live,docker")).toEqual(["live", "docker"]);
  expect(() => contendersNamed("fast")).toThrow('--only has "fast": allowed are cold,');
});

test("the version of docker compose is the one of its go.mod", () => {
  expect(composeVersion(readFileSync("bench/compose/go.mod", "utf8"))).toMatch(/^2\.\d+\.\d+$/);
  expect(() => composeVersion("module x\n")).toThrow("does not require");
});
