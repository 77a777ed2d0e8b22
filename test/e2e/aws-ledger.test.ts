import { mkdtempSync, rmSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Engine } from "../../cli/docker.ts";
import type { StackStatus } from "../../cli/stack-status.ts";
import { credentialsFile } from "../../stacks/aws-credentials.ts";
import { ledgerPolicy } from "../../stacks/aws-policies.ts";
import { stackNames } from "../../stacks/names.ts";
import { stackOutputs } from "../../testing/outputs.ts";
import { waitFor } from "../../testing/wait-for.ts";
import { type AccessKey, AwsAccount, xml } from "./aws-account.ts";
import { buildSample } from "./build-sample.ts";
import { engineResources, nitro, type Result, root, run } from "./nitro.ts";

const stack = "aws-ledger-e2e";
const names = stackNames(stack);
const engine = Engine.connect();
const scratch = mkdtempSync(join(tmpdir(), "nitro-e2e-aws-"));
let account: AwsAccount;
let alice: AccessKey;

beforeAll(async () => {
  await nitro("down", "-s", stack, "--yes");
  account = await AwsAccount.open();
  alice = await account.issue("alice");
});

afterAll(async () => {
  account.identity.denied.clear();
  account.qldb.denied.clear();
  await as(alice, "down", "-s", stack, "--yes");
  await account.close();
  rmSync(scratch, { recursive: true, force: true });
});

/** Nothing of this machine's own AWS configuration takes part. */
const nobody = { AWS_CONFIG_FILE: "/dev/null", AWS_SHARED_CREDENTIALS_FILE: "/dev/null", AWS_EC2_METADATA_DISABLED: "true" };

const environmentOf = ({ accessKeyId, secretAccessKey }: AccessKey): NodeJS.ProcessEnv => ({
  ...nobody,
  AWS_ACCESS_KEY_ID: accessKeyId,
  AWS_SECRET_ACCESS_KEY: secretAccessKey,
});

/** Runs `./nitro …` as somebody. */
function as(who: AccessKey, ...args: string[]): Promise<Result> {
  return run("./nitro", args, { env: environmentOf(who) });
}

async function mustAs(who: AccessKey, ...args: string[]): Promise<string> {
  const result = await as(who, ...args);
  if (result.code !== 0) throw new Error(`./nitro ${args.join(" ")} ended with ${result.code}:\n${result.stdout}\n${result.stderr}`);
  return result.stdout;
}

async function pulumi(who: AccessKey, ...args: string[]): Promise<Result> {
  const environment = JSON.parse(await nitro("env", "--json")) as Record<string, string>;
  return run("pulumi", [...args, "--non-interactive"], { env: { ...environment, ...environmentOf(who) } });
}

async function configure(settings: Record<string, string>): Promise<void> {
  for (const [path, value] of Object.entries(settings)) {
    const result = await pulumi(alice, "config", "set", "-s", stack, "--path", `nitro:${path}`, value);
    if (result.code !== 0) throw new Error(result.stderr);
  }
}

const overrides = () => ({
  "aws.endpoints.sts": account.identity.url,
  "aws.endpoints.iam": account.identity.url,
  "aws.endpoints.qldb": account.qldb.url,
});

/** Nothing that a failed start had begun is there: not in AWS, not in the engine. */
async function nothingIsLeft(): Promise<void> {
  expect(await account.roles()).not.toContain(names.qldbRoleName);
  expect(account.ledgerNames()).toEqual([]);
  expect(await engineResources(stack)).toEqual({ containers: {}, networks: [], volumes: [] });
}

/** The one message of a start that is refused. */
async function refusal(who: AccessKey): Promise<string> {
  const { code, stderr } = await as(who, "up", "-s", stack);
  expect(code).toBe(1);
  expect(stderr.match(/error:/g)).toHaveLength(1);
  expect(stderr).not.toMatch(/^\s+at /m);
  await nothingIsLeft();
  return stderr;
}

test("without an endpoint it says that QLDB is gone and how to go on, before anything is created", async () => {
  const made = await pulumi(alice, "stack", "init", stack, "--no-select");
  expect(made.code, made.stderr).toBe(0);
  await configure({ "ledger.mode": "aws" });
  const message = await refusal(alice);
  expect(message).toContain("AWS ended QLDB on 2025-07-31");
  expect(message).toContain("nitro:ledger.mode local");
  expect(message).toContain("nitro:aws.endpoints.qldb <url>");
  expect(account.identity.calls).toEqual([]);
});

test("a region that never had QLDB is named, with those that had it", async () => {
  await configure({ "aws.region": "eu-north-1" });
  expect(await refusal(alice)).toMatch(/QLDB never was in eu-north-1: it was in us-east-1, .*eu-west-1/);
  await configure({ "aws.region": "us-west-2" });
});

test("a preview needs nobody to be logged in", async () => {
  await configure(overrides());
  const environment = JSON.parse(await nitro("env", "--json")) as Record<string, string>;
  await mustAs(alice, "setup", "--aws");
  const { code, stdout, stderr } = await run("pulumi", ["preview", "-s", stack, "--non-interactive"], {
    env: { ...environment, ...nobody },
  });
  expect(code, stderr).toBe(0);
  expect(stdout).toContain("does not know whom the ledger's role will trust: no AWS credentials were found");
  for (const type of ["aws:qldb:Ledger", "aws:iam:Role", "aws:iam:RolePolicy"])
    expect(stdout).toMatch(new RegExp(`\\+\\s+.*${type}\\s.*create`));
});

test("credentials that AWS does not know get one message, and nothing is begun", async () => {
  const message = await refusal({ accessKeyId: "AKIANOBODY0000000000", secretAccessKey: "made-up" });
  expect(message).toContain(`STS at ${account.identity.url} does not accept the AWS credentials`);
  expect(message).toContain("InvalidClientTokenId");
});

test("no credentials at all get one message", async () => {
  const { code, stderr } = await run("./nitro", ["up", "-s", stack], { env: nobody });
  expect([code, stderr.match(/error:/g)?.length]).toEqual([1, 1]);
  expect(stderr).toContain("no AWS credentials were found");
  expect(stderr).toContain("aws sso login");
  await nothingIsLeft();
});

test.each(["sts", "iam", "qldb"])("an endpoint of %s that does not answer is named, and nothing is begun", async (service) => {
  const closed = await closedAddress();
  await configure({ [`aws.endpoints.${service}`]: closed });
  try {
    expect(await refusal(alice)).toMatch(new RegExp(`does not answer at ${closed}: .*ECONNREFUSED[\\s\\S]*nitro:aws.endpoints.${service}`));
  } finally {
    await configure(overrides());
  }
});

/** An address where nobody listens any more. */
async function closedAddress(): Promise<string> {
  const { hostname } = new URL(account.qldb.url);
  const server = createServer();
  await new Promise<void>((listening) => server.listen(0, hostname, listening));
  const { port } = server.address() as AddressInfo;
  await new Promise((closed) => server.close(closed));
  return `http://${hostname}:${port}`;
}

test.each(["iam:CreateRole", "iam:PutRolePolicy", "qldb:CreateLedger", "qldb:DescribeLedger", "sts:AssumeRole"])(
  "a denied %s gets one message, and what was made goes away",
  async (action) => {
    const front = action.startsWith("qldb:") ? account.qldb : account.identity;
    front.denied.add(action);
    try {
      const message = await refusal(alice);
      expect(message).toContain(`AWS denies ${action} on arn:aws:test to arn:aws:iam::000000000000:user/alice`);
      expect(message).not.toContain("RequestID");
    } finally {
      front.denied.clear();
    }
  },
);

test("a role and a ledger of somebody else's are named and left alone", async () => {
  await account.iam({ Action: "CreateRole", RoleName: names.qldbRoleName, AssumeRolePolicyDocument: "{}", Description: "another's" });
  await account.ledgers.registry.create({ name: names.ledgerName, permissionsMode: "STANDARD", deletionProtection: true, tags: {} });
  try {
    const { code, stderr } = await as(alice, "up", "-s", stack);
    expect(code).toBe(1);
    expect(stderr).toMatch(/AlreadyExists.*\nthis stack did not make it, so it is left alone/);
    expect(await account.roles()).toContain(names.qldbRoleName);
    expect(account.ledgerNames()).toEqual([names.ledgerName]);
    expect(await engineResources(stack)).toEqual({ containers: {}, networks: [], volumes: [] });
  } finally {
    await account.iam({ Action: "DeleteRole", RoleName: names.qldbRoleName });
    await account.ledgers.registry.update(names.ledgerName, { deletionProtection: false });
    await account.ledgers.registry.delete(names.ledgerName);
  }
});

test("up makes the role and the ledger, and a stack that answers", async () => {
  await mustAs(alice, "up", "-s", stack);
  const { roleArn, trust, policy } = await role();
  expect(roleArn).toBe(`arn:aws:iam::000000000000:role/${names.qldbRoleName}`);
  expect(trust.Statement).toEqual([
    { Sid: "Developer", Effect: "Allow", Action: "sts:AssumeRole", Principal: { AWS: "arn:aws:iam::000000000000:user/alice" } },
  ]);
  const ledger = account.ledgers.registry.describe(names.ledgerName);
  expect(ledger).toMatchObject({
    permissionsMode: "STANDARD",
    deletionProtection: false,
    tags: { "nitro.stack": stack, "nitro.owner": expect.stringMatching(/^[0-9a-f]+$/) },
  });
  expect(policy).toEqual(ledgerPolicy(account.ledgers.registry.arn(names.ledgerName)));
  const status = JSON.parse(await nitro("status", "-s", stack, "--json")) as StackStatus;
  expect(status).toMatchObject({ healthy: true, sealed: false });
  expect(status.parts.map(({ role: part }) => part).sort()).toEqual(["key-feeder", "localstack", "redis", "service", "worker"]);
  expect(await stackOutputs(stack)).toMatchObject({ ledgerName: names.ledgerName, qldbRoleArn: roleArn, ledgerEndpoint: account.qldb.url });
});

async function role() {
  const answer = await account.iam({ Action: "GetRole", RoleName: names.qldbRoleName });
  const inline = await account.iam({ Action: "GetRolePolicy", RoleName: names.qldbRoleName, PolicyName: "ledger" });
  const json = (text: string) => JSON.parse(decodeURIComponent(text)) as { Statement: unknown[] };
  return {
    roleArn: xml(answer, "Arn"),
    trust: json(xml(answer, "AssumeRolePolicyDocument")),
    policy: json(xml(inline, "PolicyDocument")),
  };
}

test("a payout goes from prepared to paid, and its documents are in that ledger", async () => {
  const out = await nitro("pay", "-s", stack, "--count", "5");
  expect(out.match(/\bpaid\b/g)?.length).toBeGreaterThanOrEqual(5);
  expect(account.ledgers.registry.ledger(names.ledgerName)?.store.sequenceNo).toBeGreaterThan(5);
});

test("the service asks the account's STS for the role, not LocalStack's, and uses what it got", async () => {
  const asked = account.identity.calls.filter(({ action }) => action === "sts:AssumeRole");
  const byTheService = asked.filter(({ body }) => !body.includes(`RoleSessionName=nitro-${stack}`));
  expect(byTheService.length).toBeGreaterThan(0);
  for (const { accessKeyId, body } of byTheService) {
    expect(accessKeyId).toBe(alice.accessKeyId);
    expect(new URLSearchParams(body).get("RoleArn")).toBe((await role()).roleArn);
  }
  const sessions = account.qldb.calls.filter(({ action }) => action === "qldb:SendCommand");
  expect(sessions.length).toBeGreaterThan(0);
  for (const { accessKeyId } of sessions) expect(accessKeyId).not.toBe(alice.accessKeyId);

  const { localstackUrl } = await stackOutputs(stack);
  const health = (await (await fetch(`${localstackUrl}/_localstack/health`)).json()) as { services: Record<string, string> };
  expect(health.services).toMatchObject({ s3: "running", sts: "disabled", iam: "disabled" });
  const lines: string[] = [];
  for await (const { line } of engine.logs(names.containers.localstack)) lines.push(line);
  expect(lines.filter((line) => /AWS s3\./.test(line)).length).toBeGreaterThan(0);
  expect(lines.filter((line) => /AWS (sts|iam)\./.test(line))).toEqual([]);
});

test("without an endpoint of its own STS is AWS's: the same program asks amazonaws.com", async () => {
  const details = await engine.inspect(names.containers.service);
  expect(Object.keys(details?.env ?? {})).not.toContain("AWS_ENDPOINT_URL");
  const program = (await stackOutputs(stack)).service.path;
  const command = "serve nitro inside-enclave --egress-address none --log-address none --upstream-url http://0.0.0.0:8080";
  const script = `unset AWS_ENDPOINT_URL_STS; cd /payments; ADDR=127.0.0.1:28080 timeout 8 ${program} ${command} 2>&1`;
  const { output } = await engine.exec(names.containers.service, ["sh", "-c", script]);
  expect(output).toMatch(/the role of the ledger cannot be assumed[^\n]*STS[^\n]*(sts\.us-west-2\.amazonaws\.com|InvalidClientTokenId)/);
});

test("credentials are in no environment, no state, no preview, no log and nothing that the engine tells", async () => {
  const secret = alice.secretAccessKey;
  const inspected = await run("docker", ["inspect", ...Object.values((await engineResources(stack)).containers)]);
  const exported = await pulumi(alice, "stack", "export", "-s", stack, "--show-secrets");
  const preview = await pulumi(alice, "preview", "-s", stack, "--diff");
  const logs = await nitro("logs", "-s", stack);
  const inside = await engine.exec(names.containers.service, ["sh", "-c", "cat /proc/[0-9]*/environ | tr '\\0' '\\n'"]);
  expect([inspected.code, exported.code, preview.code]).toEqual([0, 0, 0]);
  expect(exported.stdout).toContain(names.qldbRoleName);
  for (const text of [inspected.stdout, exported.stdout, preview.stdout, logs, inside.output]) {
    expect(text.includes(secret)).toBe(false);
    expect(text.includes(alice.accessKeyId)).toBe(false);
  }
  expect([await isOnDisk(secret), await isOnDisk(alice.accessKeyId)]).toEqual([false, false]);
});

/** Whether a text is in the stack's settings or in what is staged for it. */
async function isOnDisk(text: string): Promise<boolean> {
  const { code } = await run("grep", ["-r", text, `Pulumi.${stack}.yaml`, join(".nitro", stack)]);
  if (code > 1) throw new Error(`grep ended with ${code}`);
  return code === 0;
}

test("the file is the service's alone: mode 0600, its user, read-only", async () => {
  const look = `stat -c '%a %u:%g' ${credentialsFile}; id -u; touch ${credentialsFile} 2>&1; cat ${credentialsFile}`;
  const { output } = await engine.exec(names.containers.service, ["sh", "-c", look]);
  expect(output).toMatch(/^600 1000:1000\n1000\n.*Read-only file system/);
  expect(output).toContain(`aws_access_key_id = ${alice.accessKeyId}`);
  const others = Object.entries((await engineResources(stack)).containers).filter(([part]) => part !== "service");
  for (const [, id] of others) expect((await engine.inspect(id))?.mounts.map(({ name }) => name)).not.toContain(names.volumes.credentials);
});

test("a second up changes nothing, and a preview sees no change", async () => {
  const before = (await engineResources(stack)).containers;
  const { changes } = JSON.parse(await mustAs(alice, "up", "-s", stack, "--json")) as { changes: Record<string, number> };
  expect(Object.keys(changes).filter((op) => op !== "same")).toEqual([]);
  expect((await engineResources(stack)).containers).toEqual(before);
  expect((await pulumi(alice, "preview", "-s", stack, "--expect-no-changes")).code).toBe(0);
});

test("a swap replaces service and worker, and nothing in AWS", async () => {
  const before = (await engineResources(stack)).containers;
  const calls = account.identity.calls.length;
  await mustAs(alice, "swap", "-s", stack, "--binary", await buildSample(join(scratch, "swapped"), "e2e-swapped"));
  const after = (await engineResources(stack)).containers;
  expect(
    Object.keys(after)
      .filter((part) => after[part] !== before[part])
      .sort(),
  ).toEqual(["service", "worker"]);
  const changed = account.identity.calls.slice(calls).map(({ action }) => action);
  expect(changed.filter((action) => !["sts:GetCallerIdentity", "sts:AssumeRole"].includes(action))).toEqual([]);
  await nitro("pay", "-s", stack, "--count", "2");
});

test("a login of somebody whom the role does not trust is refused, and the file stays", async () => {
  const bob = await account.issue("bob");
  account.identity.denied.add("sts:AssumeRole");
  try {
    const { code, stderr } = await as(bob, "login", "-s", stack);
    expect(code).toBe(1);
    expect(stderr).toContain("arn:aws:iam::000000000000:user/bob may not use the stack's ledger: AWS denies sts:AssumeRole");
  } finally {
    account.identity.denied.clear();
  }
  const read = await engine.exec(names.containers.service, ["cat", credentialsFile]);
  expect(read.output).not.toContain(bob.accessKeyId);
});

test("a login rewrites the file under the running service, which goes on with it", async () => {
  const before = (await engineResources(stack)).containers;
  const next = await account.issue("alice");
  const said = await mustAs(next, "login", "-s", stack);
  expect(said).toContain("arn:aws:iam::000000000000:user/alice");
  expect((await engineResources(stack)).containers).toEqual(before);
  const read = await engine.exec(names.containers.service, ["cat", credentialsFile]);
  expect(read.output).toContain(next.accessKeyId);
  expect(read.output).not.toContain(alice.accessKeyId);
  alice = next;
  await mustAs(alice, "login", "-s", stack, "--restart");
  const usesIt = async () =>
    account.identity.calls.some(
      ({ action, accessKeyId, body }) =>
        action === "sts:AssumeRole" && accessKeyId === next.accessKeyId && !body.includes(`RoleSessionName=nitro-${stack}`),
    );
  await waitFor(usesIt, { what: "the service assumes the role with the new credentials", timeoutMs: 60_000 });
  await nitro("pay", "-s", stack, "--count", "2");
});

test("a ledger that somebody removed comes back", async () => {
  await account.ledgers.registry.delete(names.ledgerName);
  const refreshed = await pulumi(alice, "refresh", "-s", stack, "--yes", "--skip-preview");
  expect(refreshed.code, refreshed.stdout).toBe(0);
  await mustAs(alice, "up", "-s", stack);
  expect(account.ledgerNames()).toEqual([names.ledgerName]);
  await nitro("pay", "-s", stack, "--count", "2");
});

test("down says who has to log in, and removes nothing", async () => {
  const before = await engineResources(stack);
  const { code, stderr } = await run("./nitro", ["down", "-s", stack, "--yes"], { env: nobody });
  expect([code, stderr.match(/error:/g)?.length]).toEqual([1, 1]);
  expect(stderr).toContain("no AWS credentials were found");
  expect(stderr).toContain("nothing was removed");
  expect(await engineResources(stack)).toEqual(before);
});

test("pulumi destroy removes role and ledger", async () => {
  const destroyed = await pulumi(alice, "destroy", "-s", stack, "--yes", "--skip-preview");
  expect(destroyed.code, destroyed.stdout).toBe(0);
  await nothingIsLeft();
  await mustAs(alice, "down", "-s", stack, "--yes");
  rmSync(join(root, ".nitro", stack), { recursive: true, force: true });
});
