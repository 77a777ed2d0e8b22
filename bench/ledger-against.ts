import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { table } from "../common/table.ts";
import { against } from "./ledger/against.ts";
import { GoClient } from "./ledger/go-client.ts";
import { machine } from "./ledger/machine.ts";

// The ledger of this checkout against that of another one, such as a git worktree of the commit before a change.
const options = {
  against: { type: "string" },
  rounds: { type: "string", default: "6" },
  seconds: { type: "string", default: "5" },
  clients: { type: "string", default: "16,1" },
  folder: { type: "string", default: tmpdir() },
} as const;
const { values } = parseArgs({ options });
const [rounds, seconds] = [Number(values.rounds), Number(values.seconds)];
if (values.against === undefined)
  throw new Error("--against is missing: the folder of another checkout (git worktree add <folder> <commit>)");
if (!(Number.isInteger(rounds) && rounds > 0 && seconds > 0))
  throw new Error(`--rounds is "${values.rounds}", --seconds "${values.seconds}": allowed are whole numbers from 1, and seconds above 0`);
const clients = values.clients.split(",").map(Number);
if (!clients.every((many) => Number.isInteger(many) && many > 0))
  throw new Error(`--clients is "${values.clients}": allowed are whole numbers from 1, with commas between`);

const folder = await mkdtemp(join(values.folder, "nitro-bench-ledger-"));
try {
  process.stdout.write(`${table(["machine", ""], await machine(folder))}\n`);
  const report = await against(await GoClient.build(folder), folder, resolve(values.against), { rounds, seconds, clients });
  if (report.includes("OVER")) process.exitCode = 1;
  process.stdout.write(`${report}\n`);
} finally {
  await rm(folder, { recursive: true, force: true });
}
