import { loadavg } from "node:os";
import { join } from "node:path";
import { table } from "../../common/table.ts";
import { median } from "../clock.ts";
import { root } from "../run.ts";
import type { GoClient } from "./go-client.ts";
import { judgedFigure, rate } from "./measured.ts";
import { type LedgerServer, startLedger } from "./server.ts";
import { type Inserts, insertDurably } from "./writes.ts";

/** Measurements of both that follow each other at once, so that they see the same machine. */
interface Pair {
  readonly own: Inserts;
  readonly other: Inserts;
  /** Of the last minute, before and after. */
  readonly load: readonly [number, number];
}

export interface AgainstOptions {
  readonly rounds: number;
  /** Of each measurement. */
  readonly seconds: number;
  /** How many clients insert at once: each number is measured by itself. */
  readonly clients: readonly number[];
}

/** Two servers that were started for one round. */
interface Round {
  readonly own: LedgerServer;
  readonly other: LedgerServer;
  readonly ownFirst: boolean;
}

/**
 * The ledger of this checkout against that of another one: the same inserts on both by turns. Every round has servers of its own, since two
 * processes of the same code differ by more than ten per cent for as long as they live; who is first in one round is second in the next.
 * @param other folder of the other checkout
 */
export async function against(go: GoClient, folder: string, other: string, options: AgainstOptions): Promise<string> {
  const found = new Map<number, Pair[]>(options.clients.map((many) => [many, []]));
  for (let count = 0; count < options.rounds; count++) {
    const servers: LedgerServer[] = [];
    const start = async (name: string, checkout: string): Promise<LedgerServer> => {
      const server = await startLedger(join(folder, `${name}-${count}`), [], checkout);
      servers.push(server);
      return server;
    };
    try {
      const ownFirst = count % 2 === 0;
      const [own, reference] = await byTurns(
        ownFirst,
        () => start("own", root),
        () => start("other", other),
      );
      const round = { own, other: reference, ownFirst };
      await measure(go, round, 16, options.seconds);
      for (const [many, pairs] of found) pairs.push(await measure(go, round, many, options.seconds));
    } finally {
      for (const server of servers) await server.stop();
    }
  }
  return [...found].map(([many, pairs]) => report(many, pairs)).join("\n");
}

async function measure(go: GoClient, { own, other, ownFirst }: Round, many: number, seconds: number): Promise<Pair> {
  const before = load();
  const run = (server: LedgerServer) => insertDurably(go, server, many, seconds);
  const [ours, theirs] = await byTurns(
    ownFirst,
    () => run(own),
    () => run(other),
  );
  return { own: ours, other: theirs, load: [before, load()] };
}

/** Does one after the other. @returns the first one's result first, whichever was done first */
async function byTurns<T>(inOrder: boolean, first: () => Promise<T>, second: () => Promise<T>): Promise<readonly [T, T]> {
  if (inOrder) return [await first(), await second()];
  const done = await second();
  return [await first(), done];
}

function load(): number {
  return loadavg()[0] ?? Number.NaN;
}

function report(clients: number, pairs: readonly Pair[]): string {
  const ratios = (value: (found: Inserts) => number) => pairs.map(({ own, other }) => value(own) / value(other));
  const rows = pairs.map(({ own, other, load: [before, after] }) => [
    `${rate(own).toFixed(0)}/s`,
    `${rate(other).toFixed(0)}/s`,
    ...[own, other].flatMap(({ p50, serverMs }) => [`${p50.toFixed(2)} ms`, `${serverMs.toFixed(3)} ms`]),
    `${before.toFixed(1)} to ${after.toFixed(1)}`,
  ]);
  const [rates, latencies, costs] = [ratios(rate), ratios(({ p50 }) => p50), ratios(({ serverMs }) => serverMs)];
  return [
    table([`${clients} clients`, "other's", "p50", "server's processor", "other's p50", "other's processor", "load"], rows),
    table(
      ["median of the pairs' ratios", ""],
      [
        ["transactions a second", judgedFigure(median(rates), { least: 0.85 }, " ×")],
        ["p50", judgedFigure(median(latencies), { most: 1.15 }, " ×")],
        ["server's processor time a transaction", `${median(costs).toFixed(2)} ×`],
      ],
    ),
  ].join("\n");
}
