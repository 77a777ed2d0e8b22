import { spawn } from "node:child_process";
import { generateKeyPairSync, randomUUID } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Redis } from "ioredis";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { StackStatus } from "../../automation/status.ts";
import { Engine } from "../../docker/engine.ts";
import {
  prepareConfigStream,
  prepareKey,
  prepareStream,
  responseStream,
  submitConfigStream,
  submitStream,
} from "../../key-feeder/contract.ts";
import { order, type PreparedPayment, parseRequestBody } from "../../key-feeder/payouts/messages.ts";
import { stackNames } from "../../model/names.ts";
import { approveAddress, createVault, generateAddress, verifyVault } from "../../operators/ceremony.ts";
import { numbered, type StackOperator } from "../../operators/keys.ts";
import { readAuthorizations } from "../../operators/payouts/authorizations.ts";
import { authorizePayout } from "../../operators/payouts/authorize.ts";
import { countPrepared, preparePayout } from "../../operators/payouts/prepare.ts";
import type { ListedPayout } from "../../operators/payouts/register.ts";
import { scanStream } from "../../operators/payouts/scan.ts";
import { checkReport } from "../../operators/report/report.ts";
import { type SignedCaller, sendSigned } from "../../operators/service-api.ts";
import { redisClient } from "../../testing/clients.ts";
import { stackOutputs } from "../../testing/outputs.ts";
import { waitFor } from "../../testing/wait-for.ts";
import { engineResources, nitro, nitroJson, root, tryNitro } from "./nitro.ts";

const stack = "e2e-by-hand";
const host = "nitro-payments.bsg.brave.software";
const folder = mkdtempSync(join(tmpdir(), "nitro-by-hand-"));
let redis: Redis;
let operators: readonly StackOperator[];
let serviceUrl: string;

beforeAll(async () => {
  await nitro("down", "-s", stack, "--yes");
  await nitro("up", "-s", stack, "--bootstrap", "manual", "--authorization", "manual");
  const outputs = await stackOutputs(stack);
  redis = redisClient(outputs);
  operators = numbered(outputs.operators);
  serviceUrl = outputs.serviceUrl;
});

afterAll(async () => {
  redis?.disconnect();
  await nitro("down", "-s", stack, "--yes");
  rmSync(folder, { recursive: true, force: true });
});

const status = () => tryNitro("status", "-s", stack).then(({ stdout }) => stdout);
const first = () => operators[0] as StackOperator;
const caller = (more: Partial<SignedCaller> = {}): SignedCaller => ({
  service: { stack, url: serviceUrl, host },
  signer: first().signer,
  ...more,
});

function report(name: string, payoutId: string, count: number): string {
  const payments = Array.from({ length: count }, (_, index) => ({
    ...{ to: `payee-${index}`, from: "treasury", amount: index % 2 === 0 ? "0.10" : 0.2, currency: "BAT" },
    ...{ payoutId, custodian: "dryrun-happypath", user: "ignored" },
  }));
  return file(name, JSON.stringify(payments, null, 1));
}

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

/** How many messages both kinds of streams of a payout have. */
async function messages(payoutId: string): Promise<{ prepare: number; submit: number }> {
  const [prepare, submit] = await Promise.all([redis.xlen(prepareStream(payoutId)), redis.xlen(submitStream(payoutId))]);
  return { prepare, submit };
}

test("nothing is fed by itself: two shares, put by hand, unseal the service", async () => {
  expect(await nitroJson<StackStatus>("status", "-s", stack)).toMatchObject({ sealed: true, shares: 0 });
  const put = (operator: string) => nitro("operator", "share", "put", "-s", stack, "--operator", operator);
  expect(await put("1")).toContain("is put: 1 of 2 shares");
  expect(await put("1")).toContain("is there already: 1 of 2 shares");
  expect(await status()).toContain("sealed, 1 of 2 shares");
  const removed = await nitro("operator", "share", "rm", "-s", stack, "--operator", "1");
  expect(removed).toContain("is taken away: 0 of 2 shares");
  expect(await put("2")).toContain("1 of 2 shares");
  const last = await put("1");
  expect(last).toContain("2 of 2 shares");
  expect(last).toContain("is unsealed");
  expect(await status()).toContain("unsealed");
  expect(await nitroJson<unknown[]>("operator", "share", "ls", "-s", stack)).toMatchObject([
    { operator: "test-operator", own: true, putBy: "operator" },
    { operator: "test-operator2", own: true, putBy: "operator" },
  ]);
});

test("of a report with problems nothing is sent, and all of them are told", async () => {
  const good = { to: "a", from: "f", amount: "1", currency: "BAT", payoutId: "bad", custodian: "dryrun-happypath" };
  const lines = [good, { ...good, to: "b", amount: "1,5" }, { ...good, custodian: "" }].map((payment) => JSON.stringify(payment));
  const path = file("bad.json", `[\n${lines.join(",\n")}\n]\n`);
  const { code, stderr } = await tryNitro("pay", "prepare", path, "-s", stack);
  expect(code).toBe(1);
  expect(stderr).toContain("the report has 2 problems, and nothing of it was sent");
  expect(stderr).toContain(`${path}:3: amount: it is "1,5"`);
  expect(stderr).toContain(`${path}:4: custodian: it is empty`);
  const twice = file("twice.json", `[\n${lines[0]},\n${lines[0]}\n]\n`);
  expect((await tryNitro("pay", "prepare", twice, "-s", stack)).stderr).toContain(`${twice}:3: to: a is paid on line 2 already`);
  expect(await messages("bad")).toEqual({ prepare: 0, submit: 0 });
  expect(await nitroJson<ListedPayout[]>("pay", "ls", "-s", stack)).toEqual([]);
});

test("a report is prepared, and its payments wait for both operators", async () => {
  const out = await nitro("pay", "prepare", report("p1.json", "p1", 12), "-s", stack);
  expect(out).toContain("payout p1: 12 payments prepared");
  const said = await status();
  for (const number of [1, 2]) expect(said).toContain(`12 payments wait for operator ${number} (payout p1)`);
  const { stderr } = await tryNitro("pay", "prepare", join(folder, "p1.json"), "-s", stack);
  expect(stderr).toContain("12 requests were there already, 0 were sent now");
  expect(await messages("p1")).toEqual({ prepare: 12, submit: 0 });
  const other = await tryNitro("pay", "prepare", report("p1-other.json", "p1", 13), "-s", stack);
  expect(other.code).toBe(1);
  expect(other.stderr).toContain("payout p1 is there already");
  expect(await messages("p1")).toEqual({ prepare: 12, submit: 0 });
});

test("a stranger's key authorizes nothing, neither does a signature of long ago or over another body", async () => {
  const stranger = generateKeyPairSync("ed25519").privateKey.export({ type: "pkcs8", format: "pem" }).toString();
  const key = file("stranger.pem", stranger);
  const refused = await tryNitro("operator", "authorize", "p1", "-s", stack, "--key", key);
  expect(refused.code).toBe(1);
  expect(refused.stderr).toContain("is no operator's of this stack");
  const asked = await tryNitro("operator", "vault", "create", "-s", stack, "--key", key);
  expect(asked.code).toBe(1);
  expect(asked.stderr).toContain("the service answered 403");
  const days = (count: number) => new Date(Date.now() + count * 86_400_000);
  const authorize = (date: Date) => authorizePayout(redis, { stack, payoutId: "p1", signer: first().signer, host, date, timeoutMs: 1_000 });
  for (const date of [days(-31), days(1)]) {
    await expect(authorize(date)).rejects.toThrow("does not count");
    await expect(createVault(caller({ date }), 2)).rejects.toMatchObject({ status: 401 });
  }
  const signed = first().signer.sign("/v1/payments/submit", host, JSON.stringify({ documentId: "x", payoutId: "p1" }), new Date());
  const changed = await sendSigned({ stack, url: serviceUrl, host }, { ...signed, octets: signed.octets.replace("x", "y") });
  expect(changed).toMatchObject({ status: 401, attestation: { verdict: "attested" } });
  expect(await messages("p1")).toEqual({ prepare: 12, submit: 0 });
});

test("operator 1 authorizes, and again: once each; then operator 2, and all is paid", async () => {
  const authorize = (...who: string[]) => nitro("operator", "authorize", "p1", "-s", stack, ...who);
  const one = await authorize("--operator", "1");
  expect(one).toContain("operator 1 (test-operator) authorized 12 payments");
  expect(one).toContain("12 payments wait for operator 2 (payout p1)");
  expect(await authorize("--operator", "1")).toContain("has authorized everything that is prepared before");
  expect(await messages("p1")).toEqual({ prepare: 12, submit: 12 });
  const said = await status();
  expect(said).toContain("12 payments wait for operator 2 (payout p1)");
  expect(said).not.toContain("wait for operator 1");
  expect(await authorize("--operator", "2")).toContain("operator 2 (test-operator2) authorized 12 payments");
  expect(await messages("p1")).toEqual({ prepare: 12, submit: 24 });
  const { payments } = await nitroJson<{ payments: { state: string }[] }>("pay", "status", "p1", "-s", stack, "--watch");
  expect(payments.map(({ state }) => state)).toEqual(Array(12).fill("paid"));
  expect(await status()).not.toContain("wait for");
  expect(await nitro("pay", "retry", "p1", "-s", stack)).toContain("there is nothing to try again");
});

test("the report of the payout: answers attested, sums compared, the attested report written", async () => {
  const out = join(folder, "attested.json");
  const compare = (...more: string[]) => tryNitro("pay", "report", "p1", "-s", stack, ...more);
  const right = await compare("--report", join(folder, "p1.json"), "--out", out);
  expect(right.stderr).toBe("");
  expect(right.stdout).toMatch(/paid +12 +1\.8 BAT/);
  expect(right.stdout).toContain("36 answers attested; all of it is right");
  const attested = JSON.parse(readFileSync(out, "utf8")) as PreparedPayment[];
  expect(attested.map(({ to }) => to).sort()).toEqual(Array.from({ length: 12 }, (_, index) => `payee-${index}`).sort());
  for (const { documentId } of attested) expect(documentId).toMatch(/^[0-9A-Za-z]{22}$/);
  const more = await compare("--report", report("p1-more.json", "p1", 13));
  expect(more.code).toBe(1);
  expect(more.stdout).toContain("1 of 13 payments are not prepared");
  expect(more.stdout).toContain("prepared are 1.8 BAT, the report says 1.9 BAT");
  // Somebody changes one answer.
  const [id, [, data = ""]] = (await redis.xrange(responseStream(prepareStream("p1")), "-", "+", "COUNT", 1))[0] ?? ["", []];
  await redis.xadd(responseStream(prepareStream("p1")), "*", "data", data.replace("treasury", "treasurx"));
  const wrong = await compare();
  expect(wrong.code).toBe(1);
  expect(wrong.stdout).toContain("cannot be trusted: Digest is");
  expect(id).not.toBe("");
});

test("both operators in one command, after a report that two commands sent at the same moment", async () => {
  const path = report("p2.json", "p2", 600);
  await Promise.all([1, 2].map(() => nitro("pay", "prepare", path, "-s", stack)));
  expect(await messages("p2")).toEqual({ prepare: 600, submit: 0 });
  await nitro("operator", "authorize", "p2", "-s", stack, "--operator", "1", "--operator", "2");
  expect(await messages("p2")).toEqual({ prepare: 600, submit: 1_200 });
  const { payments } = await nitroJson<{ payments: { state: string }[] }>("pay", "status", "p2", "-s", stack, "--watch");
  expect(payments.map(({ state }) => state)).toEqual(Array(600).fill("paid"));
});

test("two operators at the same moment: each payment is authorized once by each, and paid", async () => {
  await nitro("pay", "prepare", report("p5.json", "p5", 30), "-s", stack);
  await Promise.all(["1", "2"].map((operator) => nitro("operator", "authorize", "p5", "-s", stack, "--operator", operator)));
  expect(await messages("p5")).toEqual({ prepare: 30, submit: 60 });
  const { payments } = await nitroJson<{ payments: { state: string }[] }>("pay", "status", "p5", "-s", stack, "--watch");
  expect(payments.map(({ state }) => state)).toEqual(Array(30).fill("paid"));
});

test("a payout alone may be authorized by itself, where the stack leaves them to people", async () => {
  const pay = (...more: string[]) => tryNitro("pay", "-s", stack, "--count", "4", ...more);
  const { stdout, code } = await pay("--authorization", "auto", "--json");
  expect(code).toBe(0);
  expect((JSON.parse(stdout) as { payments: { state: string }[] }).payments.map(({ state }) => state)).toEqual(Array(4).fill("paid"));
  expect((await pay("--json")).stdout).not.toContain('"paid"');
});

test("one report, sent by three at once: each payment is asked for once", async () => {
  const checked = await checkReport(report("three-senders.json", "three-senders", 4_000));
  const own = await stackOutputs(stack);
  const senders = Array.from({ length: 3 }, () => redisClient(own));
  try {
    const sent = await Promise.all(senders.map((each) => preparePayout(each, checked, { stack, host, manual: true })));
    expect(sent.map(({ now }) => now)).toEqual(Array(3).fill({ sent: 4_000, ordered: true }));
  } finally {
    for (const each of senders) each.disconnect();
  }
  const payees: unknown[] = [];
  for (const [, fields] of await redis.xrange(prepareStream("three-senders"), "-", "+")) {
    const { request } = JSON.parse(fields[1] ?? "") as { request: { octets: string } };
    payees.push((JSON.parse(request.octets) as { to: string }).to);
  }
  expect(payees).toHaveLength(4_000);
  expect(new Set(payees).size).toBe(4_000);
  await nitro("pay", "cancel", "three-senders", "-s", stack);
});

test("retry: an order that the worker never saw is put again", async () => {
  const engine = Engine.connect();
  const { worker } = stackNames(stack).containers;
  await engine.stop(worker, { graceSeconds: 1 });
  await preparePayout(redis, await checkReport(report("p4.json", "p4", 10)), { stack, host, manual: true });
  const [[id = ""] = []] = await redis.xrevrange(prepareConfigStream, "+", "-", "COUNT", 1);
  await redis.xdel(prepareConfigStream, id);
  await engine.start(worker);
  expect(await nitro("pay", "retry", "p4", "-s", stack)).toContain("the order to prepare was put again");
  await waitFor(async () => (await countPrepared(redis, "p4")).answers === 10, { what: "p4 is prepared", timeoutMs: 60_000 });
});

test("retry: of authorizations that met, and of which one was lost, the payments are paid in the end", async () => {
  const { prepared } = await readAuthorizations(redis, "p4");
  const stream = submitStream("p4");
  const both = prepared.flatMap((documentId) => operators.map((operator) => ({ documentId, operator })));
  const transaction = redis.multi();
  for (const { documentId, operator } of both) {
    const request = operator.signer.sign("/v1/payments/submit", host, JSON.stringify({ documentId, payoutId: "p4" }), new Date());
    transaction.xadd(stream, "*", "data", JSON.stringify({ id: randomUUID(), timestamp: new Date().toISOString(), request }));
  }
  transaction.xadd(submitConfigStream, "*", "data", JSON.stringify(order("p4", stream, both.length)));
  await transaction.exec();
  const answered = async () => (await redis.xlen(responseStream(stream))) >= both.length;
  await waitFor(answered, { what: "everything is answered", timeoutMs: 60_000 });
  await nitro("pay", "retry", "p4", "-s", stack);
  const { payments } = await nitroJson<{ payments: { state: string }[] }>("pay", "status", "p4", "-s", stack, "--watch");
  expect(payments.map(({ state }) => state)).toEqual(Array(10).fill("paid"));
});

test("ten thousand payments: prepare is killed and goes on where it was; nothing is sent twice", async () => {
  const path = report("p3.json", "p3", 10_000);
  const child = spawn("./nitro", ["pay", "prepare", path, "-s", stack], { cwd: root, stdio: "ignore", detached: true });
  const ended = new Promise((resolve) => child.once("exit", resolve));
  await waitFor(async () => Number((await redis.hget(prepareKey("p3"), "sent")) ?? 0) > 0, { what: "some are sent", intervalMs: 1 });
  process.kill(-(child.pid ?? 0), "SIGKILL");
  await ended;
  const { sent = "0", order } = await redis.hgetall(prepareKey("p3"));
  expect(order).toBeUndefined();
  expect(Number(sent)).toBeLessThan(10_000);
  expect(await messages("p3")).toEqual({ prepare: Number(sent), submit: 0 });
  const listed = (await nitroJson<ListedPayout[]>("pay", "ls", "-s", stack)).find(({ payoutId }) => payoutId === "p3");
  expect(listed).toMatchObject({ payments: Number(sent), prepared: 0, worker: "untold" });
  const { stderr, stdout } = await tryNitro("pay", "prepare", path, "-s", stack);
  expect(stderr).toContain(`${sent} requests were there already, ${10_000 - Number(sent)} were sent now`);
  expect(stdout).toContain("payout p3: 10000 payments prepared");
  const payees = new Set<unknown>();
  for await (const { data } of scanStream(redis, prepareStream("p3"))) payees.add(parseRequestBody(data).to);
  expect(payees.size).toBe(10_000);
  expect((await messages("p3")).prepare).toBe(10_000);
  expect((await tryNitro("pay", "report", "p3", "-s", stack)).stdout).toMatch(/prepared +10000 +1500 BAT/);
  expect(await nitro("pay", "cancel", "p3", "-s", stack)).toContain("payout p3 is cancelled");
  expect((await redis.keys("*")).filter((key) => key.includes("p3"))).toEqual([]);
});

test("key ceremonies through the service's signed API", async () => {
  const made = await nitroJson<{ publicKey: string; shares: unknown[] }>("operator", "vault", "create", "-s", stack, "--out", folder);
  expect(made.publicKey).toMatch(/^age1/);
  expect(made.shares).toHaveLength(2);
  const verified = await nitro("operator", "vault", "verify", made.publicKey, "-s", stack, "--operator", "2");
  expect(verified).toContain(`vault ${made.publicKey}: 2 of 2 shares`);
  await expect(verifyVault(caller(), { publicKey: made.publicKey, threshold: 3 })).rejects.toMatchObject({ status: 400 });
  const address = await generateAddress(caller());
  expect(await nitro("operator", "approve", address.publicKey, "-s", stack)).toContain("approved by test-operator");
  const again = await approveAddress(caller(), address.publicKey);
  expect(again.approvals).toEqual([first().keyId]);
});

test("phases are switched on a running stack; service and worker stay the containers that they are", async () => {
  const before = (await engineResources(stack)).containers;
  await nitro("up", "-s", stack, "--bootstrap", "auto", "--authorization", "auto");
  const after = (await engineResources(stack)).containers;
  for (const role of ["service", "worker", "redis", "ledger", "localstack"]) expect(after[role], role).toBe(before[role]);
  const { payments } = await nitroJson<{ payments: { state: string }[] }>("pay", "-s", stack, "--count", "3");
  expect(payments.map(({ state }) => state)).toEqual(Array(3).fill("paid"));
  const refused = await tryNitro("operator", "share", "rm", "-s", stack, "--operator", "1");
  expect(refused.stderr).toContain("bootstrap of stack");
  await nitro("up", "-s", stack, "--bootstrap", "manual", "--authorization", "manual");
  expect((await engineResources(stack)).containers.service).toBe(before.service);
  expect(await nitroJson<StackStatus>("status", "-s", stack)).toMatchObject({ sealed: false });
});
