import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Registry } from "../../../ledger/control/registry.ts";
import { headerSize } from "../../../ledger/journal/header.ts";
import { verifyFolder } from "../../../ledger/verify/verify-folder.ts";
import { runIn } from "../run-in.ts";
import { place } from "../server.ts";
import { PowerCut } from "./power-cut.ts";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "steps-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function open(): Promise<Registry> {
  const fail = (error: Error) => {
    throw error;
  };
  return Registry.open(folder, place, { now: Date.now, log: () => undefined, onFailure: fail });
}

async function demo(registry: Registry) {
  if (registry.ledger("demo") === undefined)
    await registry.create({ name: "demo", permissionsMode: "STANDARD", deletionProtection: false, tags: {} });
  const ledger = registry.ledger("demo");
  if (ledger === undefined) throw new Error("there is no ledger demo");
  return ledger;
}

async function tables(registry: Registry): Promise<readonly string[]> {
  return await runIn(await demo(registry), "SELECT VALUE name FROM information_schema.user_tables");
}

/** Runs work to each of its steps in turn, and what has to hold after each. @returns how many steps there were */
async function atEveryStep(
  before: () => Promise<void>,
  work: () => Promise<void>,
  after: (step: number) => Promise<void>,
): Promise<number> {
  const cut = new PowerCut();
  for (let step = 1; ; step++) {
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder);
    await before();
    const cutShort = await cut.during(() => cut.at(step, work));
    await after(step);
    if (!cutShort) return step - 1;
  }
}

test("a new ledger that is killed at any step of its making starts, and has all that was answered", async () => {
  const answered = new Set<string>();
  const steps = await atEveryStep(
    async () => answered.clear(),
    async () => {
      const registry = await open();
      for (const table of ["T", "U"]) {
        await runIn(await demo(registry), `CREATE TABLE ${table}`);
        answered.add(`"${table}"`);
      }
      await registry.close();
    },
    async (step) => {
      await verifyFolder(folder);
      const registry = await open();
      const found = await tables(registry);
      expect(
        [...answered].filter((each) => !found.includes(each)),
        `step ${step}`,
      ).toEqual([]);
      await runIn(await demo(registry), "CREATE TABLE V");
      await registry.close();
      expect((await verifyFolder(folder)).map(({ name }) => name)).toEqual(["demo"]);
    },
  );
  expect(steps).toBeGreaterThan(15);
});

/** Makes the folder's ledger one of the former version: the journal's header does not tell whose it is, nobody has counted its blocks. */
function makeFormer(): void {
  const journal = join(folder, "demo", "journal");
  writeFileSync(journal, Buffer.concat([Buffer.from("nitro-ledger-journal-1\n"), readFileSync(journal).subarray(headerSize)]));
  const path = join(folder, "demo", "ledger.json");
  const { leastBlocks: _, ...description } = JSON.parse(readFileSync(path, "utf8")) as Record<string, unknown>;
  writeFileSync(path, JSON.stringify(description));
}

test("a ledger of the former version that is killed at any step of its taking over starts with all its data", async () => {
  const steps = await atEveryStep(
    async () => {
      const registry = await open();
      for (const table of ["T", "U"]) await runIn(await demo(registry), `CREATE TABLE ${table}`);
      const ledger = await demo(registry);
      await registry.close();
      expect(ledger.store.sequenceNo).toBe(1);
      makeFormer();
    },
    async () => await (await open()).close(),
    async (step) => {
      expect(
        (await verifyFolder(folder)).map(({ blocks }) => blocks),
        `step ${step}`,
      ).toEqual([2]);
      const registry = await open();
      expect(await tables(registry), `step ${step}`).toEqual(['"T"', '"U"']);
      await runIn(await demo(registry), "CREATE TABLE V");
      await registry.close();
      const header = readFileSync(join(folder, "demo", "journal"))
        .subarray(0, headerSize)
        .toString("latin1");
      expect(header).toMatch(/^nitro-ledger-journal-2\n.{12}\{"strandId":"\w{22}","ledger":"demo"\} +\n$/s);
      expect((await verifyFolder(folder)).map(({ blocks }) => blocks)).toEqual([3]);
    },
  );
  expect(steps).toBeGreaterThan(5);
});

test("a ledger that is killed at any step of its deletion is there whole, or gone after the next start", async () => {
  let answered = false;
  const steps = await atEveryStep(
    async () => {
      answered = false;
      const registry = await open();
      await runIn(await demo(registry), "CREATE TABLE T");
      await (await demo(registry)).snapshot();
      await registry.close();
    },
    async () => {
      const registry = await open();
      await registry.delete("demo");
      answered = true;
      await registry.close();
    },
    async (step) => {
      const registry = await open();
      const gone = registry.ledger("demo") === undefined;
      if (answered) expect(gone, `step ${step}`).toBe(true);
      expect(await tables(registry), `step ${step}`).toEqual(gone ? [] : ['"T"']);
      if (!gone) await registry.delete("demo");
      else await registry.close();
      expect(existsSync(join(folder, "demo", "ledger.json.deleted"))).toBe(false);
      await (await open()).close();
    },
  );
  expect(steps).toBeGreaterThan(5);
});

test("a start removes nothing that it has not deleted itself", async () => {
  const registry = await open();
  await demo(registry);
  await registry.close();
  mkdirSync(join(folder, "notes.deleted"));
  writeFileSync(join(folder, "notes.deleted", "text"), "mine");
  writeFileSync(join(folder, "file.deleted"), "mine");
  // A copy that somebody put away by hand, and folders that look as if something had been deleted in them.
  for (const name of ["demo.deleted", "mine", "other"]) mkdirSync(join(folder, name));
  for (const file of ["journal", "ledger.json"])
    writeFileSync(join(folder, "demo.deleted", file), readFileSync(join(folder, "demo", file)));
  writeFileSync(join(folder, "mine", "snapshot"), "of my photographs");
  writeFileSync(join(folder, "other", "journal"), "of my days");
  const before = readdirSync(folder, { recursive: true }).sort();
  const again = await open();
  expect(again.list().map(({ name }) => name)).toEqual(["demo"]);
  await again.close();
  expect((await verifyFolder(folder)).map(({ name }) => name)).toEqual(["demo"]);
  expect(readdirSync(folder, { recursive: true }).sort()).toEqual(before);
});
