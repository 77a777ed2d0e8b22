import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { table } from "../common/table.ts";
import { GoClient } from "./ledger/go-client.ts";
import { machine } from "./ledger/machine.ts";
import { judgedFigure } from "./ledger/measured.ts";
import { profileServer } from "./ledger/profile-server.ts";
import { fill, reads, tableOf } from "./ledger/reads.ts";
import { fillScans, scans } from "./ledger/scans.ts";
import { ledgerFiles, startLedger } from "./ledger/server.ts";
import { wholeJournal } from "./ledger/whole.ts";
import { writes } from "./ledger/writes.ts";

const sections = ["writes", "profile", "reads", "start", "scans"] as const;

// The ledger through the official drivers, beside Redis and SQLite that sync every write just as it does.
const options = {
  only: { type: "string", default: sections.join(",") },
  documents: { type: "string", default: "1000000" },
  rounds: { type: "string", default: "3" },
  seconds: { type: "string", default: "5" },
  folder: { type: "string", default: tmpdir() },
} as const;
const { values } = parseArgs({ options });
const wanted = values.only.split(",").map(section);
const [documents, rounds, seconds] = [count("documents"), count("rounds"), count("seconds")];

const folder = await mkdtemp(join(values.folder, "nitro-bench-ledger-"));
try {
  process.stdout.write(`${table(["machine", ""], await machine(folder))}\n`);
  if (wanted.some((each) => each !== "scans")) await byDrivers(await GoClient.build(folder));
  if (wanted.includes("scans")) await scanned();
} finally {
  await rm(folder, { recursive: true, force: true });
}

/** The sections that ask through the official drivers. */
async function byDrivers(go: GoClient): Promise<void> {
  if (wanted.includes("writes")) print(await writes(go, folder, { rounds, seconds }));
  if (wanted.includes("profile")) print(await profileServer(go, folder, seconds));
  if (wanted.includes("reads") || wanted.includes("start")) await large(go);
}

/** Tables of 10³ documents and every power of ten up to the wanted number; reads from them; a start with all of them. */
async function large(go: GoClient): Promise<void> {
  const sizes = wanted.includes("reads") ? powersOfTen(documents) : [documents];
  const data = join(folder, "large");
  let ledger = await startLedger(data);
  try {
    const empty = await ledger.memory();
    const filled: string[][] = [];
    for (const size of sizes) filled.push(await fill(go, ledger, size));
    print(table(["documents", "filled in", "documents/s"], filled));
    const full = await ledger.memory();
    if (wanted.includes("reads")) print(await reads(go, ledger, sizes, seconds));
    if (!wanted.includes("start")) return;
    await ledger.stop();
    const files = await ledgerFiles(data);
    ledger = await startLedger(data);
    const all = sizes.reduce((sum, size) => sum + size, 0);
    const perDocument = (bytes: number) => judgedFigure((bytes - empty) / all / 1024, { most: 1.5 }, " KiB");
    const restarted = await ledger.memory();
    // It is all there again.
    await go.run({ workload: "ledger-read", endpoint: ledger.url, clients: 1, table: tableOf(documents), documents, seconds: 1 });
    print(
      table(
        [`start with ${all} revisions`, ""],
        [
          ["until it listens", judgedFigure(ledger.startMs / 1000, { most: 5 }, " s")],
          ["files", files],
          ["how", /\d+ blocks from the snapshot, \d+ replayed/.exec(ledger.log.join("\n"))?.[0] ?? "the whole journal replayed"],
          ["memory a document, after the fill", perDocument(full)],
          ["memory a document, after the start", perDocument(restarted)],
        ],
      ),
    );
  } finally {
    await ledger.stop();
  }
}

/** Tables of 10⁴ documents and every power of ten up to the wanted number, scanned; then what looks at their whole journal. */
async function scanned(): Promise<void> {
  const sizes = powersOfTen(documents, 10_000);
  const data = join(folder, "scanned");
  const filling = await startLedger(data);
  await fillScans(filling, sizes).finally(() => filling.stop());
  // A server that has filled them still has to clear away what that left: its memory would move by that.
  const ledger = await startLedger(data);
  try {
    print(await scans(ledger, folder, sizes, rounds));
  } finally {
    await ledger.stop();
  }
  print(
    await wholeJournal(
      data,
      sizes.reduce((sum, size) => sum + size, 0),
    ),
  );
}

function powersOfTen(most: number, least = 1000): number[] {
  const sizes: number[] = [];
  for (let size = least; size < most; size *= 10) sizes.push(size);
  return [...sizes, most];
}

function print(report: string): void {
  if (report.includes("OVER")) process.exitCode = 1;
  process.stdout.write(`${report}\n`);
}

function section(name: string): (typeof sections)[number] {
  const found = sections.find((each) => each === name);
  if (found === undefined) throw new Error(`--only names "${name}": allowed are ${sections.join(", ")}, with commas between`);
  return found;
}

function count(name: "documents" | "rounds" | "seconds"): number {
  const value = Number(values[name]);
  if (!Number.isInteger(value) || value < 1) throw new Error(`--${name} is "${values[name]}": allowed are whole numbers from 1`);
  return value;
}
