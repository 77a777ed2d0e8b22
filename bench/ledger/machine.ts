import { open, rm } from "node:fs/promises";
import { cpus, loadavg, totalmem } from "node:os";
import { join } from "node:path";
import { ensureGo } from "../../toolchain/go.ts";
import { runBenchProgram } from "../run.ts";
import { measured } from "./measured.ts";

/** What the figures depend on: processor, what else is running, memory, versions, and what a sync of the disk below a folder costs. */
export async function machine(folder: string): Promise<string[][]> {
  const processors = cpus();
  const goVersion = (await runBenchProgram(await ensureGo(), ["version"])).trim();
  const sync = await syncMilliseconds(folder);
  return [
    ["processor", `${processors.length} × ${processors[0]?.model.trim() ?? "unknown"}`],
    ["load before", loadavg()[0]?.toFixed(1) ?? "unknown"],
    ["memory", `${(totalmem() / 2 ** 30).toFixed(1)} GiB`],
    ["Node, Go", `${process.version}, ${goVersion.replace(/^go version go/, "")}`],
    ["write of 512 bytes and fdatasync", `p50 ${sync.p50.toFixed(2)} ms, p99 ${sync.p99.toFixed(2)} ms`],
  ];
}

/** No durable commit is faster than this. */
async function syncMilliseconds(folder: string) {
  const path = join(folder, "sync-probe");
  const file = await open(path, "a");
  const durations: number[] = [];
  try {
    for (let count = 0; count < 300; count++) {
      const began = performance.now();
      await file.write(Buffer.alloc(512, count));
      await file.datasync();
      durations.push(performance.now() - began);
    }
  } finally {
    await file.close();
    await rm(path);
  }
  return measured(durations, 0);
}
