import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Redis } from "ioredis";
import { afterAll, beforeAll, expect, test } from "vitest";
import { payoutKey } from "../../key-feeder/contract.ts";
import { waitFor } from "../../testing/wait-for.ts";
import { Parts } from "./key-feeder-parts.ts";
import { root } from "./nitro.ts";
import { numbers, PreparedPayout } from "./payouts.ts";

const parts = new Parts();
const folder = mkdtempSync(join(tmpdir(), "nitro-kill-"));
let environment: NodeJS.ProcessEnv = {};
let redis: Redis;

beforeAll(async () => {
  await parts.start();
  redis = await parts.redisClient();
  const s3 = `http://${await parts.address(parts.localstack, 4566)}`;
  mkdirSync(join(folder, "keys"));
  environment = {
    PATH: process.env.PATH,
    ...parts.environment(await parts.address(parts.redis, 6380), s3, s3),
    KEYS_DIR: join(folder, "keys"),
    PUBLIC_DIR: join(folder, "public"),
    HEALTH_FILE: join(folder, "healthy"),
  };
});

afterAll(async () => {
  await parts.remove();
  rmSync(folder, { recursive: true, force: true });
});

/** Runs from the sources: a container would take seconds for each of the many starts. */
function start(): ChildProcess {
  return spawn(process.execPath, [join(root, "key-feeder/main.ts")], { env: environment, stdio: "ignore" });
}

/** Moments to be killed at; each but the last is waited for, however slow this machine is. */
const moments: readonly ((payout: PreparedPayout, round: number) => Promise<unknown>)[] = [
  (payout) => waitFor(async () => (await redis.exists(payoutKey(payout.payoutId))) === 1, { what: "it read the order", intervalMs: 1 }),
  (payout) => waitFor(async () => (await payout.submitted()) > 0, { what: "it submitted", intervalMs: 1 }),
  (payout) =>
    waitFor(
      async () => {
        await payout.accept();
        return (await payout.submitted()) > 8;
      },
      { what: "it submitted the second operator's", intervalMs: 1 },
    ),
  async (payout, round) => {
    await waitFor(async () => (await redis.exists(payoutKey(payout.payoutId))) === 1, { what: "it read the order", intervalMs: 1 });
    await sleep(round);
  },
];

test("killed again and again while 200 payments are authorized: each goes once by each operator", async () => {
  const payouts = numbers(25).map((round) => new PreparedPayout(redis, `kill-${round}`));
  for (const [round, payout] of payouts.entries()) {
    const feeder = start();
    const ended = once(feeder, "exit");
    await payout.order(8);
    await payout.answer([1, 2, 3]);
    // A quarter of the payouts becomes complete only after the kill.
    const early = round % 4 !== 0;
    if (early) await payout.answer([4, 5, 6, 7, 8]);
    await moments[round % 4]?.(payout, round);
    feeder.kill("SIGKILL");
    await ended;
    if (!early) await payout.answer([4, 5, 6, 7, 8]);
  }
  const last = start();
  const ended = once(last, "exit");
  for (const payout of payouts) await payout.wholly(8);
  // One more, so that it has been through everything once again.
  const after = new PreparedPayout(redis, "after");
  await after.order(1);
  await after.answer([1]);
  await after.wholly(1);
  last.kill("SIGTERM");
  expect(await ended).toEqual([0, null]);
  for (const payout of payouts) {
    const authorizations = await payout.authorizations();
    expect([...authorizations.values()]).toEqual(Array(16).fill(1));
    expect(new Set([...authorizations.keys()].map((key) => key.split(" ")[1])).size).toBe(2);
    const orders = await payout.orders();
    expect(orders.reduce((sum, count) => sum + count, 0)).toBe(16);
  }
});
