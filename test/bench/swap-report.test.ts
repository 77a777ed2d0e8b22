import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { composeVersion } from "../../bench/compose.ts";
import { contendersNamed } from "../../bench/swap/contenders.ts";
import { judge, judgeLength, profileTable, type Rounds, swapTable } from "../../bench/swap/report.ts";

const rounds = (key: Rounds["key"], ...answered: number[]): Rounds => ({
  key,
  name: `the ${key} one`,
  swaps: answered.map((ms) => ({ answered: ms, proved: ms + 100, done: ms + 200, usage: { cpuMs: ms / 2, peakBytes: 2 ** 28 } })),
});

test("the goals are judged by medians, and only by what took part", () => {
  expect(judge([rounds("cold", 2500, 2300, 9000), rounds("compose", 1000)])).toMatchObject([{ ok: true }]);
  expect(judge([rounds("cold", 2501), rounds("compose", 1000)])).toMatchObject([{ ok: false }]);
  expect(judge([rounds("live", 150, 201, 250), rounds("docker", 1)])).toMatchObject([{ ok: false }]);
  expect(judge([rounds("warm", 1400), rounds("compose-watch", 1399)]).map(({ ok }) => ok)).toEqual([true, false]);
  expect(judge([rounds("docker", 1)])).toEqual([]);
});

test("a longer executable is judged by what it costs a watch", () => {
  const short = [rounds("cold", 1), rounds("warm", 900, 1000, 1100)];
  expect(judgeLength(short, [rounds("warm", 1150)], 65)).toEqual([
    { text: "65 MiB more cost nitro watch at most 0.15 s, until it tells (0.15 s)", ok: true },
  ]);
  expect(judgeLength(short, [rounds("warm", 1151)], 65)).toMatchObject([{ ok: false }]);
  expect(judgeLength(short, [rounds("cold", 9)], 65)).toEqual([]);
});

test("the table has the ratio to docker compose where that was measured", () => {
  const lines = swapTable([rounds("cold", 2000, 3000, 1000), rounds("compose", 500, 1000, 1500)]).split("\n");
  expect(lines[0]).toContain("medians of 3 rounds");
  expect(lines[1]).toMatch(/the cold one +2\.00 s +1\.00 s +3\.00 s +2\.10 s +2\.20 s +1\.00 s +256 MiB +2\.00$/);
  expect(swapTable([rounds("cold", 2000)])).not.toContain("times compose");
});

test("phases are medians over the rounds", () => {
  const [
    {
      swaps: [swap],
    },
  ] = [rounds("cold", 1)];
  const swaps = [10, 30, 20].flatMap((ms) => (swap === undefined ? [] : [{ ...swap, profile: new Map([["loading", ms]]) }]));
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
