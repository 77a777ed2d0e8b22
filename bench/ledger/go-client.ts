import { join } from "node:path";
import { ensureGo } from "../../toolchain/go.ts";
import { root, runBenchProgram } from "../run.ts";
import type { Measured } from "./measured.ts";
import { benchLedgerName } from "./server.ts";

/** What each client does before the clock starts. */
export const warmUp = 200;

export interface Workload {
  readonly workload: "ledger-insert" | "ledger-fill" | "ledger-read" | "redis-insert";
  /** Of the ledger its URL; of Redis host:port. */
  readonly endpoint: string;
  readonly clients: number;
  readonly table?: string;
  readonly documents?: number;
  /** How long to measure; fills end when all documents are there. */
  readonly seconds?: number;
}

/** The Go program of bench/ledger: Amazon's driver, and go-redis. */
export class GoClient {
  private readonly program: string;

  private constructor(program: string) {
    this.program = program;
  }

  /** @param folder where the executable goes */
  static async build(folder: string): Promise<GoClient> {
    const program = join(folder, "bench-ledger");
    const env = { CGO_ENABLED: "0", GOWORK: "off", GOFLAGS: "-buildvcs=false" };
    await runBenchProgram(await ensureGo(), ["build", "-o", program, "."], env, join(root, "bench/ledger"));
    return new GoClient(program);
  }

  /** Runs a workload in a process of its own. @throws Error with what it printed where it fails */
  async run({ workload, endpoint, clients, table = "payments", documents = 0, seconds = 5 }: Workload): Promise<Measured> {
    const options = { workload, endpoint, clients, table, documents, ledger: benchLedgerName, "warm-up": warmUp, duration: `${seconds}s` };
    const args = Object.entries(options).flatMap(([name, value]) => [`-${name}`, String(value)]);
    return JSON.parse(await runBenchProgram(this.program, args)) as Measured;
  }
}
