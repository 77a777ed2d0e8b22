import { afterAll, beforeAll, expect, test } from "vitest";
import type { StackStatus } from "../../automation/status.ts";
import { type Fault, type FaultKind, type FaultPart, faultKinds, makeFault } from "../../data/faults.ts";
import { Engine } from "../../docker/engine.ts";
import { manualKey, prepareStream, responseStream, submitStream } from "../../key-feeder/contract.ts";
import { LedgerHttp } from "../../ledger/client/http.ts";
import { type Role, stackNames } from "../../model/names.ts";
import type { StackOutputs } from "../../model/outputs.ts";
import { numbered } from "../../operators/keys.ts";
import { pendingIn } from "../../operators/payouts/groups.ts";
import { sendSigned } from "../../operators/service-api.ts";
import { redisClient } from "../../testing/clients.ts";
import { stackOutputs } from "../../testing/outputs.ts";
import { waitFor } from "../../testing/wait-for.ts";
import { Random } from "../ledger/random.ts";
import { ledgerClient, statesOf } from "./ledger-states.ts";
import { nitro, nitroJson, root, tryNitro } from "./nitro.ts";
import { countPaid, expectPaidOnce, orderPayout, waitUntilPaid } from "./paid-once.ts";

const stack = "e2e-faults";
const engine = Engine.connect();
const { containers, ledgerName } = stackNames(stack);
let outputs: StackOutputs;
let redis: ReturnType<typeof redisClient>;
let ledger: ReturnType<typeof ledgerClient>;

beforeAll(async () => {
  await nitro("down", "-s", stack, "--yes");
  await nitro("up", "-s", stack);
  outputs = await stackOutputs(stack);
  redis = redisClient(outputs);
  redis.on("error", () => undefined);
  ledger = ledgerClient(outputs);
});

afterAll(async () => {
  redis?.disconnect();
  await nitro("down", "-s", stack, "--yes");
});

/** Ends a part's process as a crash does, and starts it again. */
const crash = (role: Role) => engine.restart(containers[role], { graceSeconds: 0 });
/** Lets commits wait; 0 lets them go on. */
const hold = (ms: number) =>
  new LedgerHttp(outputs.ledgerEndpoint ?? "", "").control("POST", `/nitro/ledgers/${ledgerName}/hold`, { Milliseconds: ms });
const faults = () => nitroJson<Fault[]>("fault", "ls", "-s", stack);

/** Makes a part fail at once; the command takes a moment to begin. */
const fail = (part: FaultPart, kind: FaultKind, forMs: number) =>
  makeFault(
    {
      name: stack,
      engine,
      root,
      ledger: new LedgerHttp(outputs.ledgerEndpoint ?? "", ""),
      redisPassword: new URL(outputs.redisUrl).password,
    },
    part,
    kind,
    { forMs },
  );

/** Makes a payout, does something in its middle, and sees that each payment is paid once. */
async function survives(payoutId: string, count: number, happens: () => Promise<unknown>): Promise<void> {
  await orderPayout(redis, payoutId, count);
  await happens();
  await waitUntilPaid(redis, payoutId, count);
  await expectPaidOnce(ledger, payoutId, count);
}

/** Waits until some payments of a payout are paid, and not all. */
async function inTheMiddle(payoutId: string): Promise<void> {
  await waitFor(async () => (await countPaid(redis, payoutId)) > 0, { what: "some are paid", timeoutMs: 60_000, intervalMs: 2 });
}

const every = Object.entries(faultKinds).flatMap(([part, kinds]) => kinds.map((kind) => [part as FaultPart, kind] as const));

test.each(every)("%s %s for 3 s, from a payout's beginning on: it ends by itself, and each payment is paid once", async (part, kind) => {
  const payoutId = `${part}-${kind}`;
  await orderPayout(redis, payoutId, 200);
  await fail(part, kind, 3_000);
  // Most of it is still to be done.
  if (part !== "redis") expect(await countPaid(redis, payoutId)).toBeLessThan(200);
  await waitUntilPaid(redis, payoutId, 200);
  await expectPaidOnce(ledger, payoutId, 200);
  await waitFor(async () => (await faults()).length === 0, { what: "the fault is over", timeoutMs: 20_000 });
});

test("a fault is what the part really does, is told, and ends when it is to, or with its part's process", async () => {
  await nitro("fault", "ledger", "conflict", "--for", "10m", "-s", stack);
  await expect(ledger.execute("SELECT * FROM vaults")).rejects.toMatchObject({ type: "OccConflictException" });
  await nitro("fault", "redis", "error", "--for", "10m", "-s", stack);
  await expect(redis.set("full", "1")).rejects.toThrow("OOM");
  await nitro("fault", "service", "down", "--for", "10m", "-s", stack);
  await expect(fetch(outputs.serviceUrl, { signal: AbortSignal.timeout(1_000) })).rejects.toThrow();
  expect((await faults()).map(({ part, kind }) => `${part} ${kind}`).sort()).toEqual(["ledger conflict", "redis error", "service down"]);
  expect((await tryNitro("status", "-s", stack)).stdout).toMatch(/service: made to fail \(down\) for [\d.m s]+ more/);
  expect(await nitro("fault", "clear", "service", "-s", stack)).toContain("service: no fault any more");
  expect((await fetch(outputs.serviceUrl)).status).toBe(200);
  await crash("ledger");
  await waitFor(() => ledger.execute("SELECT * FROM vaults").then(() => true), { what: "the ledger commits", timeoutMs: 30_000 });
  expect((await faults()).map(({ part }) => part)).toEqual(["redis"]);
  await nitro("fault", "clear", "-s", stack);
  expect(await redis.set("full", "1")).toBe("OK");
  expect(await faults()).toEqual([]);
  expect(await nitroJson<StackStatus>("status", "-s", stack)).toMatchObject({ healthy: true });
});

test.each([
  ["prepare", prepareStream],
  ["submit", submitStream],
] as const)("the worker is killed between send and acknowledge: %s", async (kind, streamOf) => {
  const payoutId = `killed-in-${kind}`;
  const stream = streamOf(payoutId);
  await survives(payoutId, 400, async () => {
    const pending = async () => pendingIn(redis, stream, `${stream}-cg`, 100);
    const answered = () => redis.xlen(responseStream(stream));
    await waitFor(async () => (await answered()) > 5, { what: "some are answered", timeoutMs: 60_000, intervalMs: 2 });
    // The service has what was sent, and says nothing.
    await fail("service", "down", 60_000);
    expect((await pending()).length).toBeGreaterThan(0);
    await crash("worker");
    await nitro("fault", "clear", "-s", stack);
  });
});

test("the service is killed between authorization and payment", async () => {
  const between = async () =>
    [...(await statesOf(ledger, "between")).values()].filter((states) => states.includes("authorized") && !states.includes("paid"));
  await survives("between", 100, async () => {
    await inTheMiddle("between");
    const caught = async () => {
      // Nothing is committed while commits are held: what is found stays so until the service is dead.
      await hold(60_000);
      if ((await between()).length > 0) return true;
      await hold(0);
      return false;
    };
    await waitFor(caught, { what: "a payment is authorized and not paid", timeoutMs: 60_000, intervalMs: 5 });
    await crash("service");
    expect((await between()).length).toBeGreaterThan(0);
    await hold(0);
  });
});

test.each(["redis", "ledger", "localstack", "key-feeder"] as const)("%s is killed in the middle of a payout", async (role) => {
  await survives(`killed-${role}`, 100, async () => {
    await inTheMiddle(`killed-${role}`);
    await crash(role);
  });
});

test("LocalStack is emptied, and the service starts anew in the middle of a payout", async () => {
  await survives("emptied", 100, async () => {
    await inTheMiddle("emptied");
    await nitro("reset", "localstack", "-s", stack);
    await nitro("restart", "service", "-s", stack);
  });
});

test("the same authorization twice is one: a payment is paid when another operator authorizes it, and then never again", async () => {
  const payoutId = "authorized-twice";
  await redis.sadd(manualKey, payoutId);
  await orderPayout(redis, payoutId, 1);
  const answers = responseStream(prepareStream(payoutId));
  await waitFor(async () => (await redis.xlen(answers)) === 1, { what: "it is prepared", timeoutMs: 60_000 });
  const [[, fields = []] = []] = await redis.xrange(answers, "-", "+");
  const { documentId } = JSON.parse(JSON.parse(fields[1] ?? "").response.octets) as { documentId: string };
  const [one, two] = numbered(outputs.operators).map(({ signer }) =>
    signer.sign("/v1/payments/submit", outputs.serviceHost, JSON.stringify({ documentId, payoutId }), new Date()),
  );
  if (one === undefined || two === undefined) throw new Error("there are not two operators");
  const send = async (signed: typeof one) => {
    const { status, body } = await sendSigned({ stack, url: outputs.serviceUrl, host: outputs.serviceHost }, signed);
    return { status, state: (body?.data as { status?: string } | undefined)?.status };
  };
  for (let time = 0; time < 3; time++) expect(await send(one)).toEqual({ status: 200, state: "prepared" });
  expect(await send(two)).toEqual({ status: 200, state: "paid" });
  for (const again of [one, two, two]) expect(await send(again)).toEqual({ status: 200, state: "paid" });
  await expectPaidOnce(ledger, payoutId, 1);
});

/** How far the ledger's journal is, in bytes; 0 while it does not answer. */
const journalEnd = () =>
  hold(0)
    .then(({ JournalEnd: end }) => Number(end))
    .catch(() => 0);

test("1,000 payments, every part killed once, in an order by chance", async () => {
  const seed = Number(process.env.NITRO_TEST_SEED ?? Math.floor(Math.random() * 2 ** 32));
  console.log(`NITRO_TEST_SEED=${seed}`);
  const random = new Random(seed);
  const parts: Role[] = ["service", "worker", "redis", "localstack", "ledger", "key-feeder"];
  const order = parts.map((role) => ({ role, rank: random.below(1_000_000) })).sort((a, b) => a.rank - b.rank);
  console.log(order.map(({ role }) => role).join(", "));
  await orderPayout(redis, "thousand", 1_000);
  for (const { role } of order) {
    const more = (await journalEnd()) + random.below(200_000);
    await waitFor(async () => (await journalEnd()) > more, { what: "the payout goes on", timeoutMs: 120_000, intervalMs: 50 });
    await crash(role);
  }
  expect(await countPaid(redis, "thousand").catch(() => 0)).toBeLessThan(1_000);
  await waitUntilPaid(redis, "thousand", 1_000, 300_000);
  await expectPaidOnce(ledger, "thousand", 1_000);
});
