import { existsSync } from "node:fs";
import { cp, mkdtemp, readFile, rename, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { prepareStream } from "../../key-feeder/contract.ts";
import { settingsPath } from "../../model/settings-file.ts";
import { redisClient } from "../../testing/clients.ts";
import { stackOutputs } from "../../testing/outputs.ts";
import { nitro, nitroJson, root, run } from "../e2e/nitro.ts";

// A stack that an older program brought up, under today's: nothing is lost, and afterwards there is nothing left to do.

/** The older program: until there is a release, a commit. */
const commit = "dae63d312c1ccd466b53fd261f058cdaa5e2014f";
const stack = "slow-upgrade";
/** A shallow clone need not have it: `git fetch --unshallow`. */
const there = (await run("git", ["cat-file", "-e", `${commit}^{commit}`], { cwd: root })).code === 0;
let old = "";

beforeAll(async () => {
  if (!there) return;
  old = await mkdtemp(join(tmpdir(), "nitro-upgrade-"));
  const archive = join(old, "archive.tar");
  await succeed("git", ["archive", "--output", archive, commit], root);
  await succeed("tar", ["-xf", archive], old);
  await rm(archive);
  const locks = await Promise.all([root, old].map((folder) => readFile(join(folder, "package-lock.json"), "utf8")));
  // Where they differ, its launcher installs its own.
  if (locks[0] === locks[1]) await cp(join(root, "node_modules"), join(old, "node_modules"), { recursive: true, verbatimSymlinks: true });
  await nitro("down", "-s", stack, "--yes");
});

afterAll(async () => {
  if (!there) return;
  await nitro("down", "-s", stack, "--yes");
  await rm(old, { recursive: true, force: true });
});

async function succeed(program: string, args: readonly string[], cwd: string): Promise<string> {
  const { code, stdout, stderr } = await run(program, args, { cwd });
  if (code !== 0) throw new Error(`${program} ${args.join(" ")} ended with ${code}:\n${stdout}\n${stderr}`);
  return stdout;
}

/** How many documents each table of the ledger has, as a program's own command tells. */
async function documents(program: (...args: string[]) => Promise<string>): Promise<string[]> {
  const query = (text: string) => program("ledger", "query", "-s", stack, text);
  const tables = [...(await query("SELECT name FROM information_schema.user_tables")).matchAll(/name:\s*"([^"]+)"/g)].map(
    ([, name]) => name,
  );
  return await Promise.all(tables.map(async (table) => `${table} ${(await query(`SELECT COUNT(*) AS n FROM ${table}`)).trim()}`));
}

test.skipIf(!there)(
  `what commit ${commit.slice(0, 7)} brought up goes on under today's program, with its data (skipped in a clone that does not have the commit)`,
  async () => {
    const oldNitro = (...args: string[]) => succeed("./nitro", args, old);
    await oldNitro("up", "-s", stack);
    const { payoutId } = JSON.parse(await oldNitro("pay", "-s", stack, "--count", "3", "--json")) as { payoutId: string };
    const before = await documents(oldNitro);
    expect(before.length).toBeGreaterThan(0);
    // As somebody upgrades: the settings of a stack lie beside its program.
    const settings = settingsPath(old, stack);
    if (existsSync(settings)) await rename(settings, settingsPath(root, stack));
    await nitro("up", "-s", stack);
    expect(await documents(nitro)).toEqual(before);
    const redis = redisClient(await stackOutputs(stack));
    try {
      expect(await redis.xlen(prepareStream(payoutId))).toBeGreaterThanOrEqual(3);
    } finally {
      redis.disconnect();
    }
    const { changes } = await nitroJson<{ changes: unknown[] }>("preview", "-s", stack);
    expect(changes).toEqual([]);
    await nitro("pay", "-s", stack);
  },
);
