import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { table } from "../../common/table.ts";
import { type GoClient, warmUp } from "./go-client.ts";
import { judgedFigure, type Measured, middle, rate } from "./measured.ts";
import { nodeInserts } from "./node-client.ts";
import { startRedis } from "./redis.ts";
import { type LedgerServer, startLedger } from "./server.ts";
import { sqliteInserts } from "./sqlite.ts";

/** One document a transaction, every commit on disk before it is answered. */
interface Round {
  readonly go: Measured;
  readonly node: Measured;
  readonly go16: Inserts;
  readonly redis: Measured;
  readonly redis16: Measured;
  readonly sqlite: Measured;
  readonly sqlite16: Measured;
}

const clients = 16;

/** Durable inserts by one client and by 16, on the ledger, on Redis and on SQLite. Rounds alternate: all see the same machine. */
export async function writes(go: GoClient, folder: string, options: { rounds: number; seconds: number }): Promise<string> {
  const { seconds } = options;
  await mkdir(join(folder, "redis"));
  const ledger = await startLedger(join(folder, "writes"));
  try {
    const redis = await startRedis(join(folder, "redis"));
    try {
      const set = (many: number) => go.run({ workload: "redis-insert", endpoint: redis.address, clients: many, seconds });
      const sqlite = join(folder, "sqlite.db");
      const rounds: Round[] = [];
      for (let count = 0; count < options.rounds; count++) {
        rounds.push({
          go: await insertDurably(go, ledger, 1, seconds),
          node: await nodeInserts(ledger.url, seconds),
          redis: await set(1),
          sqlite: await sqliteInserts(sqlite, 1, seconds),
          go16: await insertDurably(go, ledger, clients, seconds),
          redis16: await set(clients),
          sqlite16: await sqliteInserts(sqlite, clients, seconds),
        });
      }
      return report(rounds);
    } finally {
      await redis.stop();
    }
  } finally {
    await ledger.stop();
  }
}

/** What clients that insert measured, and how much processor time of the server a transaction took, in ms. */
export type Inserts = Measured & { readonly serverMs: number };

/** Durable inserts by so many clients of the Go driver. */
export async function insertDurably(go: GoClient, ledger: LedgerServer, many: number, seconds: number): Promise<Inserts> {
  const before = await ledger.cpuSeconds();
  const found = await go.run({ workload: "ledger-insert", endpoint: ledger.url, clients: many, seconds });
  const used = (await ledger.cpuSeconds()) - before;
  return { ...found, serverMs: (used * 1000) / (found.operations + many * warmUp) };
}

function report(rounds: readonly Round[]): string {
  const one = (pick: (round: Round) => Measured) => middle(rounds.map(pick), ({ p50 }) => p50);
  const many = <T extends Measured>(pick: (round: Round) => T) => middle(rounds.map(pick), rate);
  const go = one((round) => round.go);
  const go16 = many((round) => round.go16);
  const limited = ({ p50, p99 }: Measured) => [judgedFigure(p50, { most: 2.5 }, " ms"), judgedFigure(p99, { most: 10 }, " ms")];
  const plain = ({ p50, p99 }: Measured) => [`${p50.toFixed(2)} ms`, `${p99.toFixed(2)} ms`];
  const latency = [
    ["ledger, Go driver", ...limited(go), ""],
    ["ledger, Node driver", ...plain(one((round) => round.node)), ""],
    ...(["redis", "sqlite"] as const).map((name) => {
      const reference = one((round) => round[name]);
      return [name, ...plain(reference), `${(go.p50 / reference.p50).toFixed(1)} ×`];
    }),
  ];
  const throughput = [
    ["ledger, Go driver", judgedFigure(rate(go16), { least: 2000 }, "/s", 0), ...plain(go16), ""],
    ...(["redis16", "sqlite16"] as const).map((name) => {
      const reference = many((round) => round[name]);
      return [
        name.replace("16", ""),
        `${rate(reference).toFixed(0)}/s`,
        ...plain(reference),
        `1/${(rate(reference) / rate(go16)).toFixed(1)}`,
      ];
    }),
  ];
  const clientMs = ((go16.cpuSeconds ?? Number.NaN) * 1000) / go16.operations;
  const most = 1000 / go16.serverMs;
  return [
    table(["one client, a durable insert each", "p50", "p99", "ledger p50 against it"], latency),
    table([`${clients} clients`, "transactions", "p50", "p99", "ledger rate against it"], throughput),
    `processor time a transaction: the server ${go16.serverMs.toFixed(2)} ms, the clients ${clientMs.toFixed(2)} ms; ` +
      `a server with a processor of its own could do ${most.toFixed(0)}/s\n`,
  ].join("\n");
}
