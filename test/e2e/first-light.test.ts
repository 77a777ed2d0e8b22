import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { text } from "node:stream/consumers";
import { Redis } from "ioredis";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { StackStatus } from "../../automation/status.ts";
import { Engine } from "../../docker/engine.ts";
import { stackNames } from "../../model/names.ts";
import type { StackOutputs } from "../../model/outputs.ts";
import type { ListedPayout } from "../../operators/payouts/register.ts";
import { stackOutputs } from "../../testing/outputs.ts";
import { waitFor } from "../../testing/wait-for.ts";
import { pulumiHome } from "../../toolchain/home.ts";
import { buildEmpty, buildListening, buildSample } from "./build-sample.ts";
import { engineResources, exportedResources, nitro, nitroJson, root, run, stateChanges, tryNitro } from "./nitro.ts";

const stack = "e2e-first-light";
const names = stackNames(stack);
const scratch = mkdtempSync(join(tmpdir(), "nitro-e2e-"));
const sums = new Map<string, string>();

beforeAll(async () => {
  await nitro("down", "-s", stack, "--yes");
});

afterAll(async () => {
  await nitro("down", "-s", stack, "--yes");
  rmSync(scratch, { recursive: true, force: true });
});

const ids = async () => (await engineResources(stack)).containers;
const without = (all: Record<string, string>, ...roles: string[]) =>
  Object.fromEntries(Object.entries(all).filter(([role]) => !roles.includes(role)));

async function answersWith(url: string, text: string): Promise<void> {
  expect(await (await fetch(`${url}/health-check`)).text()).toContain(text);
}

test("up brings a stack that answers and is unsealed", async () => {
  await nitro("up", "-s", stack);
  const status = await nitroJson<StackStatus>("status", "-s", stack);
  expect(status).toMatchObject({ healthy: true, sealed: false, shares: 2 });
  expect(status.parts.map(({ role }) => role).sort()).toEqual(["key-feeder", "ledger", "localstack", "redis", "service", "worker"]);
});

test("pulumi leaves no logs behind", () => {
  expect(statSync(join(pulumiHome(), "logs")).isFile()).toBe(true);
});

test("tests read the outputs, typed, with the secret ones", async () => {
  const outputs = await stackOutputs(stack);
  expect(outputs.ledgerName).toBe(names.ledgerName);
  expect(outputs.redisUrl).toMatch(/^redis:\/\/default:[A-Za-z0-9]{32}@127\.0\.0\.1:\d+$/);
  expect((await fetch(`${outputs.serviceUrl}/health-check`)).status).toBe(200);
});

test("a payout goes from prepared to paid", async () => {
  const out = await nitro("pay", "-s", stack, "--count", "5");
  expect(out.match(/\bpaid\b/g)?.length).toBeGreaterThanOrEqual(5);
});

test.each([1, 2, 3, 5, 9, 10, 11, 20, 100])("payouts of %i are paid to the last payment, again and again", async (count) => {
  for (let round = 0; round < 3; round++) {
    const { payments } = await nitroJson<{ payments: { state: string }[] }>("pay", "-s", stack, "--count", String(count));
    expect(payments.map(({ state }) => state)).toEqual(Array(count).fill("paid"));
  }
});

test.each([
  ["dryrun-prepare-fails", "dry run: preparation fails"],
  ["dryrun-authorize-fails", "dry run: authorization fails"],
  ["dryrun-pay-fails", "dry run: payment fails"],
  ["uphold", 'custodian is \\"uphold\\", this executable takes dryrun-*'],
])("a payout of %s cannot go on: the reason is told, also to whom waits behind it, until it is cancelled", async (custodian, reason) => {
  const payFor = (timeout: number, ...more: string[]) => tryNitro("pay", "-s", stack, "--timeout", String(timeout), ...more);
  const pay = () => payFor(5);
  const payoutOf = (stderr: string) => /payout (pay-[0-9a-f-]+):/.exec(stderr)?.[1] ?? "";
  const listed = (payoutId: string) =>
    nitroJson<ListedPayout[]>("pay", "ls", "-s", stack).then((all) => all.find((payout) => payout.payoutId === payoutId));
  // What is refused for good is not waited for, however long news may take.
  const refused = custodian === "uphold";
  const blocked = await payFor(refused ? 3600 : 5, "--count", "2", "--custodian", custodian);
  expect(blocked.code).toBe(1);
  expect(blocked.stderr).toContain(reason);
  if (refused) expect(blocked.stderr).toContain("nitro:payout.custodian");
  const blocking = payoutOf(blocked.stderr);
  expect(blocked.stderr).toContain(`./nitro pay cancel ${blocking} -s ${stack}`);
  const waiting = await pay();
  const behind = payoutOf(waiting.stderr);
  expect(waiting.code).toBe(1);
  expect(waiting.stderr).toContain(`the worker is at payout ${blocking}`);
  expect(waiting.stderr).toContain(reason);
  expect(await listed(behind)).toMatchObject({ worker: "queued", behind: blocking });
  expect(await nitro("pay", "cancel", blocking, "-s", stack)).toContain(`payout ${blocking} is cancelled`);
  await waitFor(async () => (await tryNitro("pay", "status", behind, "-s", stack)).code === 0, { what: "the payout behind it is paid" });
  expect(await listed(blocking)).toBeUndefined();
  const { redisUrl } = await stackOutputs(stack);
  const redis = new Redis(redisUrl);
  try {
    expect((await redis.keys("*")).filter((key) => key.includes(blocking))).toEqual([]);
  } finally {
    redis.disconnect();
  }
});

test("status, ls and cancel need no worker", async () => {
  await Engine.connect().stop(names.containers.worker, { graceSeconds: 1 });
  const { stderr } = await tryNitro("pay", "-s", stack);
  expect(stderr).toContain("no payout can move: the worker");
  const [{ payoutId } = { payoutId: "" }] = await nitroJson<ListedPayout[]>("pay", "ls", "-s", stack);
  expect(await nitro("pay", "status", payoutId, "-s", stack)).toContain("paid");
  expect((await tryNitro("pay", "cancel", payoutId, "-s", stack)).stderr).toContain("has come to its end");
  await nitro("up", "-s", stack);
});

test("a second up changes nothing", async () => {
  const before = await ids();
  const { changes } = await nitroJson<{ changes: Record<string, number> }>("up", "-s", stack);
  expect(Object.keys(changes).filter((operation) => operation !== "same")).toEqual([]);
  expect(await ids()).toEqual(before);
});

test("secrets are in no log, no preview and no exported state in plain text", async () => {
  const { redisUrl } = await stackOutputs(stack);
  const password = new URL(redisUrl).password;
  const environment = JSON.parse(await nitro("env", "--json")) as Record<string, string>;
  const state = await run("pulumi", ["stack", "export", "-s", stack], { env: environment });
  const preview = await run("pulumi", ["preview", "-s", stack, "--diff"], { env: environment });
  const logs = await nitro("logs", "-s", stack);
  expect([state.code, preview.code]).toEqual([0, 0]);
  for (const text of [state.stdout, preview.stdout, preview.stderr, logs]) expect(text.includes(password)).toBe(false);
});

test("swap shows the new version and replaces the service and the worker alone", async () => {
  const [before, state] = [await ids(), await exportedResources(stack)];
  const { serviceUrl } = await stackOutputs(stack);
  const binary = await buildSample(join(scratch, "v2"), "e2e-v2");
  await nitro("swap", "-s", stack, "--binary", binary);
  await answersWith(serviceUrl, "e2e-v2");
  const after = await ids();
  expect(without(after, "service", "worker")).toEqual(without(before, "service", "worker"));
  expect(after.service).not.toBe(before.service);
  expect(after.worker).not.toBe(before.worker);
  const outputs = await stackOutputs(stack);
  expect(outputs.service.sha256).toBe(outputs.worker.sha256);
  const changes = stateChanges(state, await exportedResources(stack));
  expect(Object.keys(changes).sort()).toEqual([`nitro-${stack}`, "service-container", "worker-container"]);
  expect(changes[`nitro-${stack}`]).toEqual(["outputs"]);
  sums.set("v2", outputs.service.sha256);
});

test("swapping one of the two leaves the other, and the outputs say so", async () => {
  const before = await ids();
  const binary = await buildSample(join(scratch, "v3"), "e2e-v3");
  await nitro("swap", "service", "-s", stack, "--binary", binary);
  const after = await ids();
  expect(without(after, "service")).toEqual(without(before, "service"));
  const outputs = await nitroJson<StackOutputs>("outputs", "-s", stack);
  expect(outputs.worker.sha256).toBe(sums.get("v2"));
  expect(outputs.service.sha256).not.toBe(sums.get("v2"));
  await nitro("swap", "-s", stack);
});

test("logs -f goes on with the container that a swap puts in the place of another", async () => {
  const logs = spawn("./nitro", ["logs", "-s", stack, "-f", "--json", "--tail", "1", "service"], {
    cwd: root,
    stdio: ["ignore", "pipe", "inherit"],
  });
  const told: { stream?: string; line?: string; replacedBy?: string }[] = [];
  createInterface({ input: logs.stdout }).on("line", (line) => told.push(JSON.parse(line)));
  await waitFor(() => told.length > 0, { what: "a first line" });
  const binary = await buildSample(join(scratch, "logged"), "e2e-logged");
  await nitro("swap", "-s", stack, "--binary", binary);
  const { service } = await ids();
  const replaced = () => told.findIndex(({ replacedBy }) => replacedBy !== undefined);
  await waitFor(() => replaced() >= 0 && told.length > replaced() + 1, { what: "the new container's log" });
  logs.kill("SIGINT");
  const at = replaced();
  expect(told[at]?.replacedBy).toBe(service);
  const whole = (await nitro("logs", "-s", stack, "--json", "service")).trim().split("\n");
  const after = told.slice(at + 1).map(({ line }) => line);
  expect(whole.slice(0, after.length).map((line) => (JSON.parse(line) as { line: string }).line)).toEqual(after);
});

test("a swap goes on to its end when nobody reads what it says any more", async () => {
  const binary = await buildSample(join(scratch, "unread"), "e2e-unread");
  const { code } = await run("bash", ["-o", "pipefail", "-c", `./nitro swap -s ${stack} --binary '${binary}' 2>&1 | head -1`]);
  expect(code).toBe(0);
  await answersWith((await stackOutputs(stack)).serviceUrl, "e2e-unread");
});

test("each command reads settings and executable once", async () => {
  const commands: readonly (readonly [command: string, executables: number])[] = [
    ["up", 1],
    ["swap", 1],
    ["swap --previous", 1],
    ["preview", 1],
    ["pay", 0],
    ["status", 0],
  ];
  for (const [command, executables] of commands) {
    const trace = join(scratch, command);
    const { code, stderr } = await run("./nitro", [...command.split(" "), "-s", stack], { env: { NITRO_TRACE: trace } });
    expect(code, stderr).toBe(0);
    const lines = readFileSync(trace, "utf8").split("\n");
    const times = (what: string) => lines.filter((line) => line.endsWith(` ${what}`)).length;
    const settings = command === "status" ? 0 : 1;
    const found = [times("settings file read"), times("settings checked"), times("executable read")];
    expect([command, ...found]).toEqual([command, settings, settings, executables]);
  }
  await nitro("swap", "-s", stack);
});

test("pay works after a swap", async () => {
  await nitro("pay", "-s", stack, "--count", "3");
});

test("a shell has payouts, the ledger, Redis and the service at hand; in a script, in an expression and from a pipe", async () => {
  const expression = `({
    paid: (await pay.ls()).some(({ paid }) => paid > 0),
    rows: (await ledger.query("SELECT VALUE 1 FROM transactions AS t WHERE t.idempotencyKey = ?", "none")).length,
    orders: await redis.xlen("prepare-config") > 0,
    sealed: (await service.get("/v1/payments/info")).body.sealed,
  })`;
  const expected = { paid: true, rows: 0, orders: true, sealed: false };
  expect(await nitroJson("shell", "-s", stack, "-e", expression)).toEqual(expected);
  const script = join(scratch, "script.ts");
  writeFileSync(script, `const count: number = operators.length; console.log("operators", count, await redis.ping());\n`);
  expect(await nitro("shell", "-s", stack, script)).toBe("operators 2 PONG\n");
  const piped = await run("bash", ["-c", `echo 'await redis.ping()' | ./nitro shell -s ${stack}`]);
  expect(piped).toMatchObject({ code: 0, stdout: expect.stringContaining("PONG") });
  const refused = await tryNitro("shell", "-s", stack, "-e", "await ledger.query('SELECT')");
  expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining("error: Parser Error: at line 1") });
});

test("an executable that cannot run is refused with its own message and leaves the stack alone", async () => {
  const before = await ids();
  const whole = await buildSample(join(scratch, "whole"), "whole");
  await run("sh", ["-c", `head -c 100000 '${whole}' > '${scratch}/cut'; printf '#!/bin/sh\\n' > '${scratch}/script'`]);
  const darwin = await buildEmpty(join(scratch, "darwin"), "darwin", "arm64");
  const { arch } = await Engine.connect().ping();
  const foreign = await buildEmpty(join(scratch, "foreign"), "linux", arch === "arm64" ? "amd64" : "arm64");
  const cases: readonly (readonly [string, RegExp])[] = [
    [join(scratch, "nothing"), /there is no such file/],
    [join(scratch, "cut"), /its headers promise \d+/],
    [join(scratch, "script"), /it is a script/],
    [darwin, /macOS/],
    [foreign, new RegExp(`the container engine runs ${arch}`)],
  ];
  for (const [binary, message] of cases) {
    const refused = await tryNitro("swap", "-s", stack, "--binary", binary);
    expect(refused.code, refused.stderr).toBe(1);
    expect(refused.stderr).toMatch(message);
    expect(await ids()).toEqual(before);
  }
  expect(await nitroJson<StackStatus>("status", "-s", stack)).toMatchObject({ healthy: true });
  await nitro("swap", "-s", stack);
});

test.each([
  ["127.0.0.1:80", "service listens on 127.0.0.1:80: outside its container nobody reaches it; the stack tells it to by ADDR=0.0.0.0:80"],
  ["0.0.0.0:9000", "service listens on 0.0.0.0:9000 and not on port 80, where it is asked; the stack tells it to by ADDR=0.0.0.0:80"],
])("a service that listens on %s is told so", async (address, message) => {
  const binary = await buildListening(join(scratch, "listens"), address);
  const { code, stderr } = await tryNitro("swap", "service", "-s", stack, "--binary", binary);
  expect(code).toBe(1);
  expect(stderr.replaceAll("[::]", "0.0.0.0")).toContain(message);
  const mended = await buildSample(join(scratch, "mended"), "e2e-mended");
  await nitro("swap", "-s", stack, "--binary", mended);
});

test("restart starts processes anew in their containers, and waits until they answer", async () => {
  const before = await ids();
  const engine = Engine.connect();
  const since = async () => (await engine.inspect(names.containers.worker))?.startedAt;
  const was = await since();
  expect(await nitro("restart", "-s", stack)).toMatch(/^service, worker run again, the service is unsealed, /);
  expect(await since()).not.toBe(was);
  expect(await ids()).toEqual(before);
  await nitro("restart", "redis", "localstack", "ledger", "-s", stack);
  await nitro("pay", "-s", stack, "--count", "1");
  expect((await tryNitro("restart", "redsi", "-s", stack)).stderr).toContain("did you mean redis?");
});

test("after a restart of LocalStack the keys are back and a payout is paid", async () => {
  await Engine.connect().restart(names.containers.localstack);
  await nitro("up", "-s", stack);
  await Engine.connect().restart(names.containers.service);
  await nitro("up", "-s", stack);
  await nitro("pay", "-s", stack, "--count", "3");
});

test("a payout is paid exactly once although service and worker die in the middle", async () => {
  const paying = nitro("pay", "-s", stack, "--count", "10");
  await new Promise((resolve) => setTimeout(resolve, 1500));
  const engine = Engine.connect();
  await Promise.all([
    engine.restart(names.containers.service, { graceSeconds: 0 }),
    engine.restart(names.containers.worker, { graceSeconds: 0 }),
  ]);
  expect((await paying).match(/\bpaid\b/g)?.length).toBeGreaterThanOrEqual(10);
});

test("plain pulumi works beside the commands", async () => {
  const environment = JSON.parse(await nitro("env", "--json")) as Record<string, string>;
  const before = await ids();
  const preview = await run("pulumi", ["preview", "-s", stack, "--expect-no-changes", "--non-interactive"], { env: environment });
  expect(preview.code, preview.stdout + preview.stderr).toBe(0);
  const up = await run("pulumi", ["up", "-s", stack, "--yes", "--non-interactive"], { env: environment });
  expect(up.code, up.stdout + up.stderr).toBe(0);
  expect(await ids()).toEqual(before);
});

test.each([
  ["lower-case", {}],
  ["upper-case", { NO_PROXY: "example.com, 10.0.0.0/8" }],
])("a proxy that refuses, in %s variables, is asked for nothing that stays on this machine", async (letters, past) => {
  const names = ["http_proxy", "https_proxy", "all_proxy", "grpc_proxy"].map((name) =>
    letters === "lower-case" ? name : name.toUpperCase(),
  );
  // The port "discard": nobody listens there.
  const env = { ...Object.fromEntries(names.map((name) => [name, "http://127.0.0.1:9"])), ...past };
  const binary = await buildSample(join(scratch, letters), `e2e-${letters}`);
  const commands = [["swap", "--binary", binary], ["up"], ["status"], ["pay", "--count", "1"], ["ledger", "tables"], ["preview"]] as const;
  for (const command of commands) {
    const { code, stderr } = await run("./nitro", [...command, "-s", stack], { env });
    expect([command[0], code, stderr]).toEqual([command[0], 0, expect.any(String)]);
  }
  const printed = JSON.parse((await run("./nitro", ["env", "--json"], { env })).stdout) as Record<string, string>;
  expect((await run("pulumi", ["preview", "-s", stack], { env: { ...env, ...printed } })).code).toBe(0);
});

test("who only looks needs no settings that are right", async () => {
  const file = join(root, `Pulumi.${stack}.yaml`);
  writeFileSync(file, readFileSync(file, "utf8").replace("config:", "config:\n  nitro:bootstrap: atuo"));
  expect((await tryNitro("swap", "-s", stack)).stderr).toContain('nitro:bootstrap is "atuo": allowed are auto, manual');
  expect(await nitroJson<StackStatus>("status", "-s", stack)).toMatchObject({ healthy: true });
  for (const command of ["outputs", "logs", "ls"]) await nitro(command, ...(command === "ls" ? [] : ["-s", stack]));
  writeFileSync(file, "config: [");
  expect((await tryNitro("up", "-s", stack)).stderr).toContain(`the stack's settings file Pulumi.${stack}.yaml is not valid YAML`);
  expect(await nitroJson<StackStatus>("status", "-s", stack)).toMatchObject({ healthy: true });
});

test("down leaves no container, network, volume or staged file, be the settings right or wrong; who follows the logs is told", async () => {
  const logs = spawn("./nitro", ["logs", "-s", stack, "-f", "--tail", "1"], { cwd: root, stdio: ["ignore", "pipe", "pipe"] });
  const told = text(logs.stderr);
  const ended = once(logs, "exit");
  await Promise.race([once(createInterface({ input: logs.stdout }), "line"), ended]);
  await nitro("down", "-s", stack, "--yes");
  expect(await ended).toEqual([0, null]);
  expect(await told).toBe(`stack "${stack}" is gone: there is nothing more to follow\n`);
  expect(await engineResources(stack)).toEqual({ containers: {}, networks: [], volumes: [], notes: [] });
  expect(existsSync(join(root, ".nitro", stack))).toBe(false);
  expect(readdirSync(root).filter((file) => file.startsWith(`Pulumi.${stack}`))).toEqual([]);
});
