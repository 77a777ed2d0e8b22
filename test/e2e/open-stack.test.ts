import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { ListBucketsCommand, ListObjectsV2Command, PutObjectCommand } from "@aws-sdk/client-s3";
import { QldbDriver } from "amazon-qldb-driver-nodejs";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { Engine } from "../../docker/engine.ts";
import { stackNames } from "../../model/names.ts";
import { approveAddress, generateAddress } from "../../operators/ceremony.ts";
import { PartEndedError } from "../../testing/container-watch.ts";
import { ledgerDriverOptions } from "../../testing/ledger-tool.ts";
import { openStack, type TestStack } from "../../testing/stack.ts";
import { waitFor } from "../../testing/wait-for.ts";
import { nitro, root } from "./nitro.ts";

const name = "e2e-open-stack";
const { containers } = stackNames(name);
const engine = Engine.connect();
let stack: TestStack;

beforeAll(async () => {
  await nitro("down", "-s", name, "--yes");
  await nitro("up", "-s", name);
});

afterAll(() => nitro("down", "-s", name, "--yes"));

beforeEach(async () => {
  stack = await openStack(name);
  return () => stack.close();
});

const statusOf = async (container: string) => (await engine.inspect(container))?.status;

/** Whatever tests could have left: keys of Redis, buckets, ledgers. */
async function left(): Promise<string[]> {
  const { Buckets = [] } = await stack.s3.send(new ListBucketsCommand());
  const answer = await fetch(`${stack.outputs.ledgerEndpoint}/ledgers`, {
    headers: { authorization: "AWS4-HMAC-SHA256 Credential=n/20000101/us-east-1/qldb/aws4_request, SignedHeaders=host, Signature=none" },
  });
  const { Ledgers: ledgers } = (await answer.json()) as { Ledgers: { Name: string }[] };
  const orders = await Promise.all(["prepare-config", "submit-config"].map((stream) => stack.redis.xrange(stream, "-", "+")));
  const all = [...(await stack.redis.keys("*")), ...Buckets.map(({ Name = "" }) => Name), ...ledgers.map(({ Name }) => Name)];
  return [...all, ...orders.flat().map(([, fields]) => fields.join())].filter((each) => each.includes("test-"));
}

test("every part has a client that is ready", async () => {
  const { service, redis, s3, ledger, outputs, operator } = stack;
  expect(await service.get("/health-check")).toMatchObject({ status: 200 });
  expect(await redis.ping()).toBe("PONG");
  expect((await s3.send(new ListObjectsV2Command({ Bucket: outputs.buckets.shares }))).KeyCount).toBe(2);
  const tables = "SELECT name FROM information_schema.user_tables WHERE name = ?";
  expect(await Promise.all([ledger.query(tables, "transactions"), ledger.query(tables, "nothing")])).toEqual([
    [{ name: "transactions" }],
    [],
  ]);
  const driver = new QldbDriver(outputs.ledgerName, ledgerDriverOptions(outputs));
  expect(await driver.getTableNames()).toContain("transactions");
  driver.close();
  const approving = { address: "none" };
  const signed = await service.signed(operator(1), "/v1/payments/approvesol", approving);
  expect(signed).toMatchObject({ status: 404, attestation: { verdict: "attested" } });
  const old = await service.signed(operator(1), "/v1/payments/approvesol", approving, new Date("2020-01-01"));
  expect(old.status).toBe(401);
  const { publicKey } = await generateAddress(service.caller(operator(1)));
  expect((await approveAddress(service.caller(operator(2)), publicKey)).approvals).toEqual([operator(2).keyId]);
});

test("payouts, keys, a bucket and a ledger of tests that run side by side do not meet, and nothing is left of them", async () => {
  const one = async (label: string, count: number) => {
    await using scope = stack.scope(label);
    const [payout, bucket, ledger] = await Promise.all([scope.payout({ count }), scope.bucket(), scope.ledger()]);
    await stack.redis.set(scope.key("seen"), label);
    await stack.s3.send(new PutObjectCommand({ Bucket: bucket, Key: "seen", Body: label }));
    await ledger.query("CREATE TABLE seen");
    await ledger.query("INSERT INTO seen ?", { label });
    expect((await payout.paid()).map(({ state }) => state)).toEqual(Array(count).fill("paid"));
    expect(await payout.report()).toMatchObject({ payments: { reported: count, paid: count }, problems: [] });
    expect(await ledger.query("SELECT label FROM seen")).toEqual([{ label }]);
    expect(await stack.redis.get(scope.key("seen"))).toBe(label);
    expect(await left()).not.toEqual([]);
  };
  await Promise.all([one("One", 3), one("two of them", 12)]);
  expect(await left()).toEqual([]);
});

test("a payout that is left to people waits for them", async () => {
  await using scope = stack.scope("by hand");
  const payout = await scope.payout({ count: 2, authorization: "manual" });
  await payout.prepared();
  await payout.authorize(1);
  expect((await payout.payments()).map(({ authorizations }) => authorizations)).toEqual([1, 1]);
  await payout.authorize(2);
  await payout.paid();
});

test("a payout that cannot go on: the wait says why, and its test leaves nothing in the way of others", async () => {
  const failing = async () => {
    await using scope = stack.scope();
    const payout = await scope.payout({ custodian: "dryrun-prepare-fails" });
    await payout.paid({ timeoutMs: 3_000 });
  };
  await expect(failing()).rejects.toThrow(/is paid or failed \(last: 1 waiting\); the program says: .*dry run: preparation fails/);
  expect(await left()).toEqual([]);
  await using scope = stack.scope();
  await (await scope.payout()).paid();
});

test("a test that fails with Redis paused and a payout under way leaves both as they were", async () => {
  const failing = async () => {
    await using scope = stack.scope();
    await scope.payout({ count: 20 });
    await scope.pause("redis");
    expect(await statusOf(containers.redis)).toBe("paused");
    throw new Error("the test failed");
  };
  await expect(failing()).rejects.toThrow("the test failed");
  expect(await statusOf(containers.redis)).toBe("running");
  expect(await left()).toEqual([]);
});

test("a worker that crashes and starts again pays", async () => {
  await using scope = stack.scope();
  const payout = await scope.payout({ count: 30 });
  await scope.restart("worker", { graceSeconds: 0 });
  await payout.paid();
});

test("a sealed service answers and has no secrets, until that is undone", async () => {
  await using scope = stack.scope();
  const sealed = await scope.sealService();
  expect(await scope.isSealed()).toBe(true);
  expect(await stack.service.get("/health-check")).toMatchObject({ status: 200 });
  const { status } = await stack.service.signed(stack.operator(1), "/v1/payments/generatesol", {});
  expect(status).toBe(400);
  await sealed.undo();
  expect(await scope.isSealed()).toBe(false);
  await scope.restart("service");
  expect(await scope.isSealed()).toBe(false);
  expect(await statusOf(containers["key-feeder"])).toBe("running");
});

test("tests that disturb the stack take turns", async () => {
  const order: string[] = [];
  const first = stack.scope();
  await first.pause("localstack");
  const second = (async () => {
    await using scope = stack.scope();
    await scope.pause("localstack");
    order.push("second");
  })();
  await stack.redis.ping();
  order.push("first");
  await first.close();
  await second;
  expect(order).toEqual(["first", "second"]);
  expect(await statusOf(containers.localstack)).toBe("running");
});

test("a test that is given up while it waits for its turn disturbs nothing any more", async () => {
  const first = stack.scope();
  await first.pause("localstack");
  const second = stack.scope();
  const pausing = expect(second.pause("redis")).rejects.toThrow("the scope is closed");
  const closing = second.close();
  await first.close();
  await pausing;
  await closing;
  expect(await statusOf(containers.redis)).toBe("running");
  expect(() => second.payoutId()).toThrow("is closed");
});

test("a wait for a worker that has ended does not last, and shows its last log lines", async () => {
  await engine.stop(containers.worker, { graceSeconds: 0 });
  try {
    const waiting = stack.waitFor(() => false, { what: "payment 3 is paid", timeoutMs: 120_000 });
    await expect(waiting).rejects.toThrow(PartEndedError);
    await expect(waiting).rejects.toThrow(
      /^waited for: payment 3 is paid; worker exited with code \d+ \(container .*its last log lines:\n {2}\| \{/s,
    );
    const others = stack.waitFor(() => true, { what: "others", parts: ["redis"] });
    expect(await others).toBe(true);
  } finally {
    await engine.start(containers.worker);
  }
});

test("what a killed test has left paused goes on with the next test", async () => {
  const script = `import { openStack } from ${JSON.stringify(join(root, "testing/stack.ts"))};
const stack = await openStack(${JSON.stringify(name)});
await stack.scope().pause("redis");
console.log("paused");
setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", script], { stdio: ["ignore", "pipe", "inherit"] });
  await once(child.stdout, "data");
  expect(await statusOf(containers.redis)).toBe("paused");
  child.kill("SIGKILL");
  await once(child, "exit");
  const next = await openStack(name);
  expect(await next.redis.ping()).toBe("PONG");
  await next.close();
  await waitFor(async () => (await stack.redis.ping()) === "PONG", { what: "Redis answers the others again" });
});
