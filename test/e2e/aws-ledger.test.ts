import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { StackStatus } from "../../automation/status.ts";
import { credentialsFile } from "../../components/aws-ledger.ts";
import { ledgerPolicy } from "../../components/aws-policies.ts";
import { Engine } from "../../docker/engine.ts";
import { stackNames } from "../../model/names.ts";
import { stackOutputs } from "../../testing/outputs.ts";
import { waitFor } from "../../testing/wait-for.ts";
import { type AccessKey, AwsAccount, xml } from "./aws-account.ts";
import { AwsTestStack, environmentOf, nobody } from "./aws-test-stack.ts";
import { buildSample } from "./build-sample.ts";
import { engineResources, nitro, run } from "./nitro.ts";

const stack = "e2e-aws-ledger";
const names = stackNames(stack);
const engine = Engine.connect();
const scratch = mkdtempSync(join(tmpdir(), "nitro-e2e-aws-"));
let account: AwsAccount;
let alice: AccessKey;
let own: AwsTestStack;

beforeAll(async () => {
  await nitro("down", "-s", stack, "--yes");
  account = await AwsAccount.open();
  alice = await account.issue("alice");
  own = new AwsTestStack(stack, account);
  await own.init();
  await own.useAccount();
});

afterAll(async () => {
  account.identity.denied.clear();
  account.qldb.denied.clear();
  await own.as(alice, "down", "--yes");
  await account.close();
  rmSync(scratch, { recursive: true, force: true });
});

test("up makes the role and the ledger, and a stack that answers", async () => {
  await own.mustAs(alice, "up");
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
  expect(policy).toEqual(ledgerPolicy(account.ledgers.registry.arn(names.ledgerName, "us-west-2")));
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
  const exported = await own.pulumi(environmentOf(alice), "stack", "export", "--show-secrets");
  const preview = await own.pulumi(environmentOf(alice), "preview", "--diff");
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
  const { changes } = JSON.parse(await own.mustAs(alice, "up", "--json")) as { changes: Record<string, number> };
  expect(Object.keys(changes).filter((op) => op !== "same")).toEqual([]);
  expect((await engineResources(stack)).containers).toEqual(before);
  await own.mustPulumi(environmentOf(alice), "preview", "--expect-no-changes");
});

test("a swap replaces service and worker, and nothing in AWS", async () => {
  const before = (await engineResources(stack)).containers;
  const calls = account.identity.calls.length;
  await own.mustAs(alice, "swap", "--binary", await buildSample(join(scratch, "swapped"), "e2e-swapped"));
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
    const { code, stderr } = await own.as(bob, "login");
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
  const said = await own.mustAs(next, "login");
  expect(said).toContain("arn:aws:iam::000000000000:user/alice");
  expect((await engineResources(stack)).containers).toEqual(before);
  const read = await engine.exec(names.containers.service, ["cat", credentialsFile]);
  expect(read.output).toContain(next.accessKeyId);
  expect(read.output).not.toContain(alice.accessKeyId);
  alice = next;
  await own.mustAs(alice, "login", "--restart");
  const usesIt = async () =>
    account.identity.calls.some(
      ({ action, accessKeyId, body }) =>
        action === "sts:AssumeRole" && accessKeyId === next.accessKeyId && !body.includes(`RoleSessionName=nitro-${stack}`),
    );
  await waitFor(usesIt, { what: "the service assumes the role with the new credentials", timeoutMs: 60_000 });
  await nitro("pay", "-s", stack, "--count", "2");
});

test("a profile works for the login and for pulumi, whatever gives its credentials", async () => {
  const expiry = new Date(Date.now() + 3_600_000).toISOString();
  const { accessKeyId, secretAccessKey } = alice;
  const answer = JSON.stringify({ Version: 1, AccessKeyId: accessKeyId, SecretAccessKey: secretAccessKey, Expiration: expiry });
  writeFileSync(join(scratch, "answer.json"), answer);
  writeFileSync(join(scratch, "config"), `[profile team]\ncredential_process = cat ${join(scratch, "answer.json")}\n`);
  const env = { ...nobody, AWS_CONFIG_FILE: join(scratch, "config") };
  const { code, stdout, stderr } = await run("./nitro", ["login", "-s", stack, "--profile", "team"], { env });
  expect(code, stderr).toBe(0);
  expect(stdout).toBe(`stack ${stack} uses arn:aws:iam::000000000000:user/alice, until ${expiry}\n`);
  expect((await engine.exec(names.containers.service, ["cat", credentialsFile])).output).toContain(`until ${expiry}`);
  const up = await run("./nitro", ["up", "-s", stack, "--json"], { env });
  expect(up.code, up.stderr).toBe(0);
  await own.mustPulumi(nobody, "config", "rm", "--path", "nitro:aws.profile");
  await own.mustAs(alice, "up");
});

test("a ledger that somebody removed comes back", async () => {
  await account.ledgers.registry.delete(names.ledgerName);
  await own.mustPulumi(environmentOf(alice), "refresh", "--yes", "--skip-preview");
  await own.mustAs(alice, "up");
  expect(account.ledgerNames()).toEqual([names.ledgerName]);
  await nitro("pay", "-s", stack, "--count", "2");
});

test("back to a local ledger: role and ledger go; and forth again", async () => {
  await own.configure({ "ledger.mode": "local" });
  await own.mustAs(alice, "up");
  expect(await account.roles()).not.toContain(names.qldbRoleName);
  expect(account.ledgerNames()).toEqual([]);
  const { containers, volumes } = await engineResources(stack);
  expect(containers).toHaveProperty("ledger");
  expect(volumes).not.toContain(names.volumes.credentials);
  await nitro("pay", "-s", stack, "--count", "1");
  await own.configure({ "ledger.mode": "aws" });
  expect(await own.mustAs(alice, "up")).toContain(`${account.qldb.url} (ledger mode aws)`);
  expect((await engineResources(stack)).containers).not.toHaveProperty("ledger");
  await nitro("pay", "-s", stack, "--count", "1");
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
  await own.mustPulumi(environmentOf(alice), "destroy", "--yes", "--skip-preview");
  await own.nothingIsLeft();
});
