import { copyFileSync, mkdtempSync, renameSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { defaultServiceHost } from "../../model/program-settings.ts";
import { type PaymentView, paymentViews } from "../../operators/payouts/payout.ts";
import { connectPayouts, PayoutStreams } from "../../operators/payouts/streams.ts";
import { stackOutputs } from "../../testing/outputs.ts";
import { buildSample } from "./build-sample.ts";
import { ledgerClient } from "./ledger-states.ts";
import { nitro, nitroJson } from "./nitro.ts";
import { expectPaidOnce } from "./paid-once.ts";

const stack = "e2e-swap-load";
const payoutId = "under-ten-swaps";
const count = 200;
const swaps = 10;
const scratch = mkdtempSync(join(tmpdir(), "nitro-e2e-"));
const binary = join(scratch, "payments");

beforeAll(async () => {
  await nitro("down", "-s", stack, "--yes");
  for (const version of ["even", "odd"]) await buildSample(join(scratch, version), `load-${version}`);
  build(0);
  await nitro("up", "-s", stack, "--binary", binary);
});

afterAll(async () => {
  await nitro("down", "-s", stack, "--yes");
  rmSync(scratch, { recursive: true, force: true });
});

/** Puts the next executable in place, as a build does. */
function build(number: number): void {
  copyFileSync(join(scratch, number % 2 === 0 ? "even" : "odd"), `${binary}.new`);
  renameSync(`${binary}.new`, binary);
}

function payee(number: number) {
  return { to: `payee-${number}`, from: "e2e", amount: "1.5", currency: "BAT", payoutId, custodian: "dryrun-happypath" };
}

test("a payout of 200 goes on under ten swaps: all are paid, none twice", async () => {
  const redis = await connectPayouts((await stackOutputs(stack)).redisUrl, stack);
  try {
    const streams = new PayoutStreams(redis, payoutId);
    // Payments come all the time that a swap takes, so that some are under way whatever it does.
    let pauseMs = 100;
    for (let number = 1; number <= swaps; number++) {
      build(number);
      const began = Date.now();
      const swapping = nitro("swap", "-s", stack);
      for (let each = 0; each < count / swaps; each++) {
        await streams.put([payee((number - 1) * (count / swaps) + each + 1)], defaultServiceHost, false);
        await sleep(pauseMs);
      }
      await swapping;
      pauseMs = (Date.now() - began) / (count / swaps);
    }
    let payments: readonly PaymentView[] = [];
    const end = Date.now() + 120_000;
    do {
      await streams.next(250);
      payments = paymentViews(streams.entries, { mode: "auto", custodians: [] });
    } while (Date.now() < end && !(payments.length === count && payments.every(({ state }) => state === "paid")));
    expect(payments.filter(({ state }) => state !== "paid")).toEqual([]);
    expect(payments).toHaveLength(count);
  } finally {
    redis.disconnect();
  }
  await expectPaidOnce(ledgerClient(await stackOutputs(stack)), payoutId, count);
});

test("what runs afterwards is the last build, unsealed", async () => {
  const status = await nitroJson<{ healthy: boolean; sealed: boolean }>("status", "-s", stack);
  expect(status).toMatchObject({ healthy: true, sealed: false });
  await nitro("wait", "-s", stack, "--build");
  expect((await nitro("pay", "-s", stack, "--count", "3")).match(/\bpaid\b/g)?.length).toBeGreaterThanOrEqual(3);
});
