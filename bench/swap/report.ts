import { table } from "../../common/table.ts";
import { inSeconds, median } from "../clock.ts";
import type { SwapTimes } from "./contender.ts";
import type { ContenderName } from "./contenders.ts";

/** The rounds of one contender. */
export interface Rounds {
  readonly key: ContenderName;
  readonly name: string;
  readonly swaps: readonly SwapTimes[];
}

/** A claim about the medians, and whether it is true in this run. */
export interface Judged {
  readonly text: string;
  readonly ok: boolean;
}

/** The table of all contenders. The column of ratios is there where docker compose was measured. */
export function swapTable(all: readonly Rounds[]): string {
  const compose = all.find(({ key }) => key === "compose");
  const rounds = `medians of ${all[0]?.swaps.length ?? 0} rounds`;
  const header = [rounds, "new version answers", "fastest", "slowest", "both proved", "done", "processor", "memory"];
  const rows = all.map((each) => {
    const times = each.swaps.map(({ answered }) => answered);
    const ratio = compose === undefined ? [] : [`${(answered(each) / answered(compose)).toFixed(2)}`];
    const middle = (value: (swap: SwapTimes) => number) => median(each.swaps.map(value));
    const [proved, done, cpu] = [middle((swap) => swap.proved), middle((swap) => swap.done), middle(({ usage }) => usage.cpuMs)];
    const memory = `${Math.round(middle(({ usage }) => usage.peakBytes) / 2 ** 20)} MiB`;
    return [each.name, ...[answered(each), Math.min(...times), Math.max(...times), proved, done, cpu].map(inSeconds), memory, ...ratio];
  });
  return table([...header, ...(compose === undefined ? [] : ["times compose up"])], rows);
}

/** Where the time of a contender's swaps goes, by the medians of its phases; empty where it does not tell. */
export function profileTable({ name, swaps }: Rounds): string {
  const profiles = swaps.flatMap(({ profile }) => profile ?? []);
  const phases = [...(profiles[0]?.keys() ?? [])];
  const rows = phases.map((phase) => [phase, inSeconds(median(profiles.map((profile) => profile.get(phase) ?? 0)))]);
  return rows.length === 0 ? "" : table([`where the time of ${name} goes (medians)`, ""], rows);
}

/** The goals that this run can tell of. */
export function judge(all: readonly Rounds[]): Judged[] {
  const times = new Map(all.map((each) => [each.key, answered(each)]));
  const claim = (text: string, left: number | undefined, right: number | undefined) =>
    left === undefined || right === undefined ? [] : [{ text, ok: left <= right }];
  const compose = times.get("compose");
  const warm = times.get("warm");
  return [
    ...claim("nitro swap takes at most 2.5 times docker compose up --force-recreate", times.get("cold"), compose && compose * 2.5),
    ...claim(
      "nitro swap, kept ready, takes at most 1.2 times docker compose up --force-recreate",
      times.get("kept"),
      compose && compose * 1.2,
    ),
    ...claim("nitro watch takes at most 1.50 s", warm, 1500),
    ...claim("nitro watch is faster than docker compose watch", warm, times.get("compose-watch")),
    ...claim("nitro watch takes at most 1.05 times docker compose up --force-recreate", warm, compose && compose * 1.05),
    ...claim("nitro watch --live takes at most 0.20 s", times.get("live"), 200),
  ];
}

/** What a longer executable may cost, in ms, from the rename to the word that it runs. */
const mostForLength = 150;

/** The goals for an executable that is longer than another one of the same run. @param more MiB */
export function judgeLength(short: readonly Rounds[], long: readonly Rounds[], more: number): Judged[] {
  const done = (all: readonly Rounds[]) => {
    const warm = all.find(({ key }) => key === "warm");
    return warm && median(warm.swaps.map((swap) => swap.done));
  };
  const [before, after] = [done(short), done(long)];
  if (before === undefined || after === undefined) return [];
  const text = `${more} MiB more cost nitro watch at most ${inSeconds(mostForLength)}, until it tells (${inSeconds(after - before)})`;
  return [{ text, ok: after - before <= mostForLength }];
}

function answered({ swaps }: Rounds): number {
  return median(swaps.map((swap) => swap.answered));
}
