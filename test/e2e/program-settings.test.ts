import { chmodSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Engine } from "../../docker/engine.ts";
import type { LiveRole } from "../../executable/live-override.ts";
import { prepareStream, submitStream } from "../../key-feeder/contract.ts";
import { roles, stackNames } from "../../model/names.ts";
import { defaultServiceHost } from "../../model/program-settings.ts";
import { redisClient } from "../../testing/clients.ts";
import { stackOutputs } from "../../testing/outputs.ts";
import { engineResources, nitro, nitroJson, run, tryNitro } from "./nitro.ts";

// What the settings give to the program under test, and which container a change of each replaces.

const stack = "e2e-program";
const names = stackNames(stack);
const engine = Engine.connect();
const scratch = mkdtempSync(join(tmpdir(), "nitro-program-e2e-"));
const file = join(scratch, "zebpay.pem");
const secret = "s3cr3t-of-the-team";

beforeAll(async () => {
  chmodSync(scratch, 0o755);
  put("first");
  mkdirSync(join(scratch, "certs"), { mode: 0o755 });
  await nitro("down", "-s", stack, "--yes");
  await nitro("up", "-s", stack);
});

afterAll(async () => {
  await nitro("down", "-s", stack, "--yes");
  rmSync(scratch, { recursive: true, force: true });
});

/** As editors write: another file takes its place. */
function put(text: string): void {
  writeFileSync(`${file}.new`, text, { mode: 0o644 });
  renameSync(`${file}.new`, file);
}

async function pulumi(...args: string[]): Promise<string> {
  const env = JSON.parse(await nitro("env", "--json")) as NodeJS.ProcessEnv;
  const { code, stdout, stderr } = await run("pulumi", args, { env });
  if (code !== 0) throw new Error(stderr);
  return stdout;
}

const set = (key: string, value: string, ...flags: string[]) => pulumi("config", "set", "-s", stack, "--path", ...flags, "--", key, value);
const within = async (role: LiveRole, script: string) => (await engine.exec(names.containers[role], ["sh", "-c", script])).stdout;

/** Of the executable's own process, line by line. */
async function ofProgram(role: LiveRole, what: "environ" | "cmdline" | "limits"): Promise<string[]> {
  const script = `for p in /proc/[0-9]*; do case "$(readlink $p/exe)" in /nitro/bin/*) tr '\\0' '\\n' <$p/${what};; esac; done`;
  return (await within(role, script)).trim().split("\n");
}

/** Previews and brings up. @returns the roles whose containers are other ones now, and what the preview said, once both agree */
async function applied(): Promise<{ roles: string[]; preview: string }> {
  const { containers: before } = await engineResources(stack);
  const preview = await nitro("preview", "-s", stack);
  const report = await nitroJson<{ changes: { operation: string; name: string }[] }>("preview", "-s", stack);
  const foreseen = roles.filter((role) =>
    report.changes.some(({ operation, name }) => operation === "replace" && name === `${role}-container`),
  );
  await nitro("up", "-s", stack);
  const { containers } = await engineResources(stack);
  const replaced = roles.filter((role) => containers[role] !== before[role]);
  expect(replaced).toEqual(foreseen);
  return { roles: replaced, preview };
}

/** The hosts that were signed in a payout's requests. */
async function paidThrough(host: string): Promise<void> {
  const { payoutId } = await nitroJson<{ payoutId: string }>("pay", "-s", stack, "--count", "3");
  const redis = redisClient(await stackOutputs(stack));
  try {
    for (const stream of [prepareStream(payoutId), submitStream(payoutId)]) {
      const entries = await redis.xrange(stream, "-", "+");
      expect(entries.length).toBeGreaterThanOrEqual(3);
      const signed = entries.map(([, [, data = ""]]) => JSON.parse(data).request.headers.host as string);
      expect([...new Set(signed)]).toEqual([host]);
    }
  } finally {
    redis.disconnect();
  }
}

test("clients sign the service's name and reach it there, as the operators' tools do", async () => {
  expect(await ofProgram("worker", "environ")).toContain(`NITRO_API_BASE=http://${defaultServiceHost}`);
  expect(await within("worker", `curl -s -o /dev/null -w '%{http_code}' http://${defaultServiceHost}/health-check`)).toBe("200");
  expect((await stackOutputs(stack)).serviceHost).toBe(defaultServiceHost);
  await paidThrough(defaultServiceHost);
});

test("the service alone gets its variables, an encrypted one among them, and its files", async () => {
  await set("nitro:service.env.ZEBPAY_SERVER", "http://zebpay:8080");
  await set("nitro:service.env.ZEBPAY_TOKEN", secret, "--secret");
  await set("nitro:service.files[0]", `${file}:/etc/zebpay/key.pem`);
  await set("nitro:service.files[1]", `${join(scratch, "certs")}:/etc/certs`);
  const { roles: replaced, preview } = await applied();
  expect(replaced).toEqual(["service"]);
  expect(preview).toContain("/etc/zebpay/key.pem");
  expect(preview).toContain("envs");
  expect(preview).not.toContain(secret);
  expect(await ofProgram("service", "environ")).toEqual(
    expect.arrayContaining(["ZEBPAY_SERVER=http://zebpay:8080", `ZEBPAY_TOKEN=${secret}`]),
  );
  expect(await within("service", "cat /etc/zebpay/key.pem; echo more >/etc/zebpay/key.pem || echo refused")).toBe("firstrefused\n");
  expect(await pulumi("stack", "export", "-s", stack)).not.toContain(secret);
  expect(await nitro("outputs", "-s", stack)).not.toContain(secret);
  // docs/security.md: what the executable gets by its environment is there for whoever may use the engine, for nobody else.
  const holders = await Promise.all(
    roles.map(async (role) => ({ role, text: (await run("docker", ["inspect", names.containers[role]])).stdout })),
  );
  expect(holders.filter(({ text }) => text.includes(secret)).map(({ role }) => role)).toEqual(["service"]);
  await nitro("pay", "-s", stack);
});

test("another file in the place of a mounted one replaces the service alone, another one in a mounted folder nothing", async () => {
  writeFileSync(join(scratch, "certs/ca.pem"), "ca", { mode: 0o644 });
  expect((await applied()).roles).toEqual([]);
  expect(await within("service", "cat /etc/certs/ca.pem")).toBe("ca");
  put("second");
  expect((await applied()).roles).toEqual(["service"]);
  expect(await within("service", "cat /etc/zebpay/key.pem")).toBe("second");
});

test("the worker alone gets its variables", async () => {
  await set("nitro:worker.env.RETRIES", "3");
  const { roles: replaced, preview } = await applied();
  expect(replaced).toEqual(["worker"]);
  expect(preview).toContain("worker-container");
  expect(await ofProgram("worker", "environ")).toContain("RETRIES=3");
});

test("a limit of memory concerns its container alone, be it more than the double", async () => {
  await set("nitro:memory.redis", "1100");
  const { roles: replaced, preview } = await applied();
  expect(replaced).toEqual(["redis"]);
  expect(preview).toMatch(/redis-container[\s\S]*memory/);
  const limit = async () => (await run("docker", ["inspect", "-f", "{{.HostConfig.Memory}}", names.containers.redis])).stdout.trim();
  expect(await limit()).toBe(String(1100 << 20));
  await nitro("pay", "-s", stack);
  await pulumi("config", "rm", "-s", stack, "--path", "nitro:memory");
  expect((await applied()).roles).toEqual(["redis"]);
  expect(await limit()).toBe(String(256 << 20));
});

test("folders to write to, in memory and of this machine, and limits of its processes", async () => {
  const out = join(scratch, "coverage");
  mkdirSync(out);
  chmodSync(out, 0o777);
  await set("nitro:worker.writable[0]", "/var/cache/payments");
  await set("nitro:worker.writable[1]", `${out}:/coverage`);
  // A folder that the image has, and which is root's there.
  await set("nitro:worker.writable[2]", "/var/opt");
  await set("nitro:worker.ulimits.nofile", "2048:4096");
  await set("nitro:worker.ulimits.core", "1024:2048");
  expect((await applied()).roles).toEqual(["worker"]);
  expect(await within("worker", "echo a >/var/cache/payments/a && cat /var/cache/payments/a")).toBe("a\n");
  expect(await within("worker", "echo d >/var/opt/d && cat /var/opt/d")).toBe("d\n");
  expect(await within("worker", "echo b >/coverage/b; echo c >/var/cache/c || echo refused")).toBe("refused\n");
  expect(readFileSync(join(out, "b"), "utf8")).toBe("b\n");
  // runc raises the soft limit of files of what it executes once in some hundred times (opencontainers/runc#4195), so that one is
  // read from the engine; another limit shows that soft and hard arrive.
  const { stdout: limits } = await run("docker", ["inspect", "-f", "{{json .HostConfig.Ulimits}}", names.containers.worker]);
  expect(JSON.parse(limits)).toContainEqual({ Name: "nofile", Hard: 4096, Soft: 2048 });
  expect(await within("worker", "ulimit -Hn; grep '^Max core' /proc/self/limits")).toMatch(/^4096\nMax core file size +1024 +2048 /);
  // Go raises the soft one of files by itself, almost to the hard one.
  expect(await ofProgram("worker", "limits")).toContainEqual(expect.stringMatching(/^Max open files +\d+ +4096 /));
  expect((await applied()).roles).toEqual([]);
});

test("arguments take the place of the default ones", async () => {
  const args = ["serve", "nitro", "inside-enclave", "--upstream-url", "http://0.0.0.0:9090"];
  for (const [index, word] of args.entries()) await set(`nitro:service.args[${index}]`, word);
  expect((await applied()).roles).toEqual(["service"]);
  expect((await ofProgram("service", "cmdline")).slice(1)).toEqual(args);
});

test("another name of the service is followed by all who sign", async () => {
  await set("nitro:service.host", "payments.example.com");
  expect((await applied()).roles).toEqual(["service", "key-feeder", "worker"]);
  await paidThrough("payments.example.com");
});

test("who pays, in what, by which custodian; a custodian that the program does not take is refused before anything is sent", async () => {
  await set("nitro:payout.from", "treasury");
  await set("nitro:payout.currency", "USD");
  await set("nitro:payout.custodians[0]", "dryrun-happypath");
  expect((await applied()).roles).toEqual(["service"]);
  const { payoutId } = await nitroJson<{ payoutId: string }>("pay", "-s", stack);
  const redis = redisClient(await stackOutputs(stack));
  const [[, [, data = ""]] = ["", []]] = await redis.xrange(prepareStream(payoutId), "-", "+");
  redis.disconnect();
  expect(JSON.parse(JSON.parse(data).request.octets)).toMatchObject({ from: "treasury", currency: "USD" });
  const refused = await tryNitro("pay", "-s", stack, "--custodian", "dryrun-pay-fails");
  expect(refused.code).toBe(1);
  expect(refused.stderr).toMatch(/^error: custodian dryrun-pay-fails is not among those of nitro:payout\.custodians \(dryrun-happypath\)/);
  expect(await nitro("pay", "ls", "-s", stack)).not.toContain("dryrun-pay-fails");
});

test("what the stack sets itself, a secret in plain text and a file that is not there are refused together, and nothing is touched", async () => {
  await set("nitro:worker.env.REDIS_PASS", secret, "--plaintext");
  await set("nitro:worker.files[0]", "./no-such-file:/etc/x");
  const { containers: before } = await engineResources(stack);
  const refused = await tryNitro("up", "-s", stack);
  expect(refused.code).toBe(1);
  expect(refused.stderr).toContain("- nitro:worker.env.REDIS_PASS: the stack sets it itself");
  expect(refused.stderr).toContain("- setting nitro:worker.files names ./no-such-file: there is no such file or folder");
  expect(refused.stderr).not.toContain(secret);
  await pulumi("config", "rm", "-s", stack, "--path", "nitro:worker.env.REDIS_PASS");
  await pulumi("config", "rm", "-s", stack, "--path", "nitro:worker.files");
  await set("nitro:worker.env.API_KEY", secret, "--plaintext");
  const plain = await tryNitro("up", "-s", stack);
  expect(plain.stderr).toMatch(
    /nitro:worker\.env\.API_KEY holds a secret, by its name, in plain text: pulumi config set --stack e2e-program --secret/,
  );
  expect(plain.stderr).not.toContain(secret);
  expect((await engineResources(stack)).containers).toEqual(before);
});
