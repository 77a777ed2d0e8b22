import { execFileSync, spawnSync } from "node:child_process";
import { appendFileSync, chmodSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { QLDBClient, UpdateLedgerCommand } from "@aws-sdk/client-qldb";
import { afterEach, beforeEach, expect, test } from "vitest";
import { verifyFolder } from "../../../ledger/verify/verify-folder.ts";
import { connect, credentials, place } from "../server.ts";
import { read, write } from "./pairs.ts";
import { type LedgerProcess, startProcess } from "./process.ts";

let folder = "";
const running: LedgerProcess[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "disk-"));
});
afterEach(async () => {
  await Promise.all(running.splice(0).map((each) => each.end("SIGKILL")));
  rmSync(folder, { recursive: true, force: true });
});

async function start(before?: readonly string[]): Promise<LedgerProcess> {
  const started = await startProcess(folder, {}, before);
  running.push(started);
  return started;
}

async function makeTable(url: string): Promise<void> {
  const driver = connect(url);
  await driver.executeLambda((transaction) => transaction.execute("CREATE TABLE T"));
  driver.close();
}

/** One document in a transaction of its own, without a second try. */
async function insert(url: string, document: { readonly pair: string; readonly blob: string }): Promise<void> {
  const driver = connect(url, { retries: 0 });
  try {
    await driver.executeLambda((transaction) => transaction.execute("INSERT INTO T ?", document));
  } finally {
    driver.close();
  }
}

const refusal = { name: "CapacityExceededException", $metadata: { httpStatusCode: 503 } };

// No file may grow beyond so many blocks, for the time being: a write ends half-way, as on a full disk.
const full = ["sh", "-c", 'trap "" XFSZ; ulimit -S -f 300; exec "$@"', "sh"];

test("a full disk refuses commits and serves what was acknowledged, and nothing else; with room it takes commits again", {
  timeout: 120_000,
}, async () => {
  const small = await start(full);
  await makeTable(small.url);
  const acknowledged: string[] = [];
  // Each goes on until a commit of its own is refused.
  await Promise.all(["a", "b", "c"].map((name) => write(small.url, name, acknowledged)));
  expect(acknowledged.length).toBeGreaterThan(10);
  await expect(insert(small.url, { pair: "large", blob: "x".repeat(50_000) })).rejects.toMatchObject(refusal);
  const complete = async (url: string) => {
    const pairs = await read(url);
    expect([...pairs.keys()].sort()).toEqual([...acknowledged].sort());
    expect([...pairs].filter(([, parts]) => parts.join() !== "1,2")).toEqual([]);
  };
  await complete(small.url);
  expect(small.child.exitCode).toBeNull();
  const told = small.log.filter((line) => line.includes("journal: "));
  expect(told[0]).toMatch(/journal: commits are refused until there is room, reads go on: E(FBIG|NOSPC)/);

  execFileSync("prlimit", ["--pid", String(small.child.pid), "--fsize=unlimited"]);
  await write(small.url, "d", acknowledged, 5);
  expect(acknowledged.filter((pair) => pair.startsWith("d"))).toHaveLength(5);
  expect(small.log.join("\n")).toContain("journal: there is room again, commits are taken");
  await complete(small.url);
  running.length = 0;
  expect(await small.end("SIGKILL")).toBeNull();
  const again = await start();
  await complete(again.url);
  expect(again.log.join("\n")).not.toContain("cut off");
  await write(again.url, "e", acknowledged, 5);
  await complete(again.url);
});

test("commits that wait behind one that the disk refuses are refused with it, and the chain of blocks goes on", {
  timeout: 120_000,
}, async () => {
  const small = await start(full);
  await makeTable(small.url);
  const acknowledged: string[] = [];
  for (let round = 0; round < 3; round++) {
    const writers = Array.from({ length: 12 }, (_, index) => write(small.url, `w${round}-${index}`, acknowledged));
    await Promise.all(writers);
  }
  execFileSync("prlimit", ["--pid", String(small.child.pid), "--fsize=unlimited"]);
  await Promise.all(Array.from({ length: 12 }, (_, index) => write(small.url, `x${index}`, acknowledged, 3)));
  expect([...(await read(small.url)).keys()].sort()).toEqual([...acknowledged].sort());
  running.length = 0;
  expect(await small.end("SIGTERM")).toBe(0);
  const [verified] = await verifyFolder(folder);
  expect(verified?.torn).toBe(0);
});

// A file system of its own, which nobody else sees, and which goes with the process.
const tiny = ["unshare", "-m", "sh", "-c", 'mount -t tmpfs -o size=2m tmpfs "$LEDGER_DIR" && exec "$@"', "sh"];
const canMount = spawnSync("unshare", ["-m", "sh", "-c", 'mount -t tmpfs tmpfs "$0"', tmpdir()]).status === 0;

test.runIf(canMount)(
  "a disk without a byte left: commits, redactions and changed settings are refused, reads are served, until there is room",
  {
    timeout: 60_000,
  },
  async () => {
    const server = await start(tiny);
    await makeTable(server.url);
    await insert(server.url, { pair: "before", blob: "small" });
    await runOn(server.url, "UPDATE T SET pair = 'before', more = 1");
    const filler = `/proc/${server.child.pid}/root${folder}/filler`;
    for (const size of [1 << 16, 1 << 12]) {
      for (;;) {
        try {
          appendFileSync(filler, Buffer.alloc(size));
        } catch {
          break;
        }
      }
    }
    await expect(insert(server.url, { pair: "large", blob: "x".repeat(8000) })).rejects.toMatchObject(refusal);
    const [row] = await runOn(server.url, "SELECT blockAddress, metadata.id FROM history(T) WHERE metadata.version = 0");
    const [table] = await runOn(server.url, "SELECT tableId FROM information_schema.user_tables");
    const [sequenceNo, strandId] = [row?.get("blockAddress", "sequenceNo"), row?.get("blockAddress", "strandId")];
    const redaction = `EXEC redact_revision \`{strandId: "${strandId?.stringValue()}", sequenceNo: ${sequenceNo?.numberValue()}}\`, '${table?.get("tableId")?.stringValue()}', '${row?.get("id")?.stringValue()}'`;
    await expect(runOn(server.url, redaction)).rejects.toMatchObject(refusal);
    const client = new QLDBClient({ endpoint: server.url, region: place.region, credentials, maxAttempts: 1 });
    const protect = () => client.send(new UpdateLedgerCommand({ Name: "demo", DeletionProtection: true }));
    await expect(protect()).rejects.toMatchObject(refusal);
    expect([...(await read(server.url)).keys()]).toEqual(["before"]);
    expect(server.child.exitCode).toBeNull();

    rmSync(filler);
    await insert(server.url, { pair: "after", blob: "x".repeat(8000) });
    await runOn(server.url, redaction);
    expect((await protect()).DeletionProtection).toBe(true);
    client.destroy();
    expect([...(await read(server.url)).keys()].sort()).toEqual(["after", "before"]);
  },
);

async function runOn(url: string, statement: string) {
  const driver = connect(url, { retries: 0 });
  try {
    return (await driver.executeLambda((transaction) => transaction.execute(statement))).getResultList();
  } finally {
    driver.close();
  }
}

// Root may write everywhere, unless it gives that right up.
const asOwner = process.getuid?.() === 0 ? ["setpriv", "--bounding-set=-dac_override", "--inh-caps=-dac_override"] : [];

test("a journal that may only be read is refused, and left as it is", async () => {
  const first = await start();
  await makeTable(first.url);
  running.length = 0;
  await first.end("SIGTERM");
  const path = join(folder, "demo", "journal");
  const { size } = statSync(path);
  chmodSync(path, 0o400);
  await expect(startProcess(folder, {}, asOwner)).rejects.toThrow(`EACCES: permission denied, open '${path}'`);
  expect(statSync(path).size).toBe(size);
});
