import { mkdir, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { table } from "../../common/table.ts";
import { type CpuProfile, type Times, timeByFunction, timeByGroup } from "../cpu-profile.ts";
import type { GoClient } from "./go-client.ts";
import { startLedger } from "./server.ts";

/** Where the server's time goes while 16 clients insert: by its parts, and by function. */
export async function profileServer(go: GoClient, folder: string, seconds: number): Promise<string> {
  const profiles = join(folder, "profiles");
  await mkdir(profiles);
  const ledger = await startLedger(join(folder, "profiled"), ["--cpu-prof", `--cpu-prof-dir=${profiles}`]);
  try {
    await go.run({ workload: "ledger-insert", endpoint: ledger.url, clients: 16, seconds });
  } finally {
    await ledger.stop();
  }
  const [file] = await readdir(profiles);
  if (file === undefined) throw new Error(`the ledger left no profile in ${profiles}`);
  const profile = JSON.parse(await readFile(join(profiles, file), "utf8")) as CpuProfile;
  return [
    table(["where the server's time goes, 16 clients", "ms", "of busy time"], shares(timeByGroup(profile))),
    table(["function (self time)", "ms", "of busy time"], shares(timeByFunction(profile)).slice(0, 25)),
  ].join("\n");
}

function shares(times: Times): string[][] {
  const idle = (name: string) => name === "idle" || name === "(idle)";
  const busy = [...times].reduce((sum, [name, ms]) => (idle(name) ? sum : sum + ms), 0);
  return [...times].map(([name, ms]) => [name, ms.toFixed(0), idle(name) ? "" : `${((100 * ms) / busy).toFixed(1)} %`]);
}
