import { execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Registry } from "../../../ledger/control/registry.ts";
import { headerSize, journalHeader } from "../../../ledger/journal/header.ts";
import { headSize } from "../../../ledger/journal/records.ts";
import { verifyFolder } from "../../../ledger/verify/verify-folder.ts";
import { runIn } from "../run-in.ts";
import { place } from "../server.ts";

let root = "";
let folder = "";
let logged: string[] = [];
beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), "lost-"));
  folder = join(root, "data");
  logged = [];
  await withLedgers(async (registry) => {
    for (const name of ["demo", "other"]) {
      await registry.create({ name, permissionsMode: "STANDARD", deletionProtection: false, tags: { of: name } });
      await fill(registry, name);
    }
  });
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

async function withLedgers(work: (registry: Registry) => Promise<void> = async () => undefined): Promise<void> {
  const fail = (error: Error) => {
    throw error;
  };
  const registry = await Registry.open(folder, place, { now: Date.now, log: (message) => logged.push(message), onFailure: fail });
  try {
    await work(registry);
  } finally {
    await registry.close();
  }
}

async function run(registry: Registry, name: string, statement: string): Promise<readonly string[]> {
  const ledger = registry.ledger(name);
  if (ledger === undefined) throw new Error(`there is no ledger ${name}`);
  return await runIn(ledger, statement);
}

async function fill(registry: Registry, name: string): Promise<void> {
  await run(registry, name, "CREATE TABLE T");
  for (let n = 0; n < 3; n++) await run(registry, name, `INSERT INTO T {'n': ${n}}`);
}

function at(...path: readonly string[]): string {
  return join(folder, ...path);
}

/** Everything in the folder, byte for byte. */
function contents(): [string, string][] {
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).sort();
  return files.filter((each) => statSync(at(each)).isFile()).map((each) => [each, readFileSync(at(each)).toString("latin1")]);
}

/** Where the records of a journal begin, and the end of the last one. */
function boundaries(journal: string): number[] {
  const bytes = readFileSync(journal);
  const found = [headerSize];
  for (let offset = headerSize; offset < bytes.length; found.push(offset)) offset += headSize + bytes.readUInt32BE(offset);
  return found;
}

/** Starting and verifying refuse the folder for the same reason, and change nothing in it. */
async function refused(message: string | RegExp): Promise<void> {
  const before = contents();
  await expect(withLedgers()).rejects.toThrow(message);
  await expect(verifyFolder(folder)).rejects.toThrow(message);
  expect(contents()).toEqual(before);
}

const wayOut = () => `put it back from a copy; to give up what it held, remove the folder ${at("demo")}: the ledger is then made anew`;

test("a journal that was removed is refused; the way out works", async () => {
  rmSync(at("demo", "journal"));
  await refused(`${at("demo", "journal")}: the journal is missing; ${wayOut()}`);
  rmSync(at("demo"), { recursive: true });
  await withLedgers(async (registry) => {
    await registry.create({ name: "demo", permissionsMode: "STANDARD", deletionProtection: false, tags: {} });
    await fill(registry, "demo");
  });
});

test("a journal that was emptied, or cut in its header", async () => {
  truncateSync(at("demo", "journal"), 100);
  await refused(`${at("demo", "journal")}, offset 100: the file ends at 100, inside its header; ${wayOut()}`);
  truncateSync(at("demo", "journal"), 0);
  await refused(`${at("demo", "journal")}, offset 0: it is empty; ${wayOut()}`);
});

test("a journal that was cut to its header, or behind any of its blocks", async () => {
  const sound = readFileSync(at("demo", "journal"));
  const ends = boundaries(at("demo", "journal"));
  expect(ends.at(-1)).toBe(sound.length);
  for (const [blocks, end] of ends.slice(0, -1).entries()) {
    truncateSync(at("demo", "journal"), end);
    await refused(`${at("demo", "journal")}: it has ${blocks} blocks, but 4 were committed; ${wayOut()}`);
    // Half a record more is not taken for a commit that was never answered: it is left where it is.
    writeFileSync(at("demo", "journal"), sound.subarray(0, end + 20));
    await refused(`it has ${blocks} blocks, but 4 were committed`);
    writeFileSync(at("demo", "journal"), sound);
  }
  await withLedgers();
});

test("a journal that was cut to its header after a kill: the first commit was counted before it was answered", async () => {
  await withLedgers(async (registry) => {
    await registry.create({ name: "third", permissionsMode: "STANDARD", deletionProtection: false, tags: {} });
    await fill(registry, "third");
    // What a kill would leave now.
    cpSync(folder, join(root, "killed"), { recursive: true });
  });
  folder = join(root, "killed");
  truncateSync(at("third", "journal"), headerSize);
  await refused(`${at("third", "journal")}: it has 0 blocks, but 1 were committed`);
});

test("a ledger.json that is missing is refused; the command in the refusal mends it", async () => {
  rmSync(at("demo", "ledger.json"));
  await refused(`${at("demo", "ledger.json")}: it is missing, but the journal beside it holds blocks; put it back from a copy, or make it`);
  const message = await withLedgers().catch((error: Error) => error.message);
  execFileSync("sh", ["-c", /make it anew: (.*)$/.exec(message ?? "")?.[1] ?? ""]);
  await withLedgers(async (registry) => {
    expect(await run(registry, "demo", "SELECT VALUE n FROM T")).toEqual(["0", "1", "2"]);
    expect(registry.describe("demo")).toMatchObject({ name: "demo", permissionsMode: "STANDARD", tags: {} });
    await run(registry, "demo", "INSERT INTO T {'n': 3}");
  });
  await verifyFolder(folder);
});

test("a ledger.json and a journal that are missing while a snapshot is there", async () => {
  await withLedgers(async (registry) => await registry.ledger("demo")?.snapshot());
  for (const name of ["ledger.json", "journal"]) rmSync(at("demo", name));
  await refused(`${at("demo", "ledger.json")}: it is missing, and so is the journal`);
});

test("a ledger.json that is damaged names the file", async () => {
  for (const text of ["", "{", "null", "7", '{"name":"demo"}']) {
    writeFileSync(at("demo", "ledger.json"), text);
    await refused(`${at("demo", "ledger.json")} is damaged: `);
  }
});

test("the journal of another ledger, with and without its snapshot", async () => {
  await withLedgers(async (registry) => await registry.ledger("other")?.snapshot());
  cpSync(at("other", "journal"), at("demo", "journal"));
  const strand = (name: string) => (JSON.parse(readFileSync(at(name, "ledger.json"), "utf8")) as { strandId: string }).strandId;
  const message = `it is the journal of strand ${strand("other")}; ledger.json says ${strand("demo")}; ${wayOut()}`;
  await refused(message);
  cpSync(at("other", "snapshot"), at("demo", "snapshot"));
  await expect(withLedgers()).rejects.toThrow(message);
});

/** As the former version wrote it: no strand in the header, blocks are not counted. */
function makeFormer(name: string): void {
  const records = readFileSync(at(name, "journal")).subarray(headerSize);
  writeFileSync(at(name, "journal"), Buffer.concat([Buffer.from("nitro-ledger-journal-1\n"), records]));
  const { leastBlocks: _, ...description } = JSON.parse(readFileSync(at(name, "ledger.json"), "utf8")) as Record<string, unknown>;
  writeFileSync(at(name, "ledger.json"), JSON.stringify(description));
}

test("a journal of the former version is verified as it is, and taken on with everything in it", async () => {
  const { strandId } = JSON.parse(readFileSync(at("demo", "ledger.json"), "utf8")) as { strandId: string };
  const records = readFileSync(at("demo", "journal")).subarray(headerSize);
  writeFileSync(at("demo", "journal"), Buffer.concat([journalHeader({ strandId, ledger: "demo" }, 1), records]));
  const before = contents();
  makeFormer("demo");
  writeFileSync(at("demo", "journal.new"), "half a copy that a crash has left");
  expect(await verifyFolder(folder)).toMatchObject([{ name: "demo", blocks: 4 }, { blocks: 4 }]);
  await withLedgers(async (registry) => {
    expect(await run(registry, "demo", "SELECT VALUE n FROM T")).toEqual(["0", "1", "2"]);
  });
  expect(logged).toEqual([`${at("demo", "journal")}: now says in its header that it belongs to ledger demo`]);
  expect(contents()).toEqual(before);
});

test("a journal of the former version of another ledger is refused and left as it is; so is one without its ledger.json", async () => {
  for (const name of ["demo", "other"]) makeFormer(name);
  const own = readFileSync(at("demo", "journal"));
  cpSync(at("other", "journal"), at("demo", "journal"));
  await refused("it is the journal of strand ");
  writeFileSync(at("demo", "journal"), own);
  rmSync(at("demo", "ledger.json"));
  await refused(/ledger\.json: it is missing, but the journal beside it holds blocks; .* '\{"name":"demo","strandId":"\w{22}"\}' > '/);
});

test("a block of another strand within a journal", async () => {
  const [demo, other] = [readFileSync(at("demo", "journal")), readFileSync(at("other", "journal"))];
  writeFileSync(at("demo", "journal"), Buffer.concat([demo.subarray(0, headerSize), other.subarray(headerSize)]));
  await refused(/journal, offset 256: a block of strand \w{22} stands in \w{22}/);
  expect(existsSync(at("demo", "snapshot"))).toBe(false);
});
