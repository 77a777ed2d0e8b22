import { cpus } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";

const sampleMs = 2000;

/** What the machine is and how busy others keep it, in one line: to be looked at before anything begins. */
export async function machineLine(): Promise<string> {
  const before = times();
  await sleep(sampleMs);
  const after = times();
  const share = 1 - (after.idle - before.idle) / (after.all - before.all);
  const processors = cpus();
  return `${processors.length} × ${processors[0]?.model.trim() ?? "unknown"}, ${(share * 100).toFixed(0)} % busy before it began\n`;
}

function times(): { idle: number; all: number } {
  const all = cpus().map(({ times: { user, nice, sys, idle, irq } }) => ({ idle, all: user + nice + sys + idle + irq }));
  return { idle: sum(all.map(({ idle }) => idle)), all: sum(all.map((each) => each.all)) };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
