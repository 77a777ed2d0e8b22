import { spawn } from "node:child_process";
import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { stackNames } from "../../model/names.ts";
import { waitFor } from "../../testing/wait-for.ts";
import { type AccessKey, AwsAccount } from "./aws-account.ts";
import { AwsTestStack, environmentOf, nobody } from "./aws-test-stack.ts";
import { engineResources, nitro, root, run } from "./nitro.ts";

const stack = "e2e-aws-refusals";
const names = stackNames(stack);
let account: AwsAccount;
let alice: AccessKey;
let own: AwsTestStack;

beforeAll(async () => {
  await nitro("down", "-s", stack, "--yes");
  account = await AwsAccount.open();
  alice = await account.issue("alice");
  own = new AwsTestStack(stack, account);
  await own.init();
});

afterAll(async () => {
  account.identity.denied.clear();
  account.qldb.denied.clear();
  await own.as(alice, "down", "--yes");
  await account.close();
});

/** The one message of a start that is refused. */
async function refusal(who: AccessKey): Promise<string> {
  const { code, stderr } = await own.as(who, "up");
  expect(code).toBe(1);
  expect(stderr.match(/error:/g)).toHaveLength(1);
  expect(stderr).not.toMatch(/^\s+at /m);
  await own.nothingIsLeft();
  return stderr;
}

test("without an endpoint it says that QLDB is gone and how to go on, before anything is created", async () => {
  const message = await refusal(alice);
  expect(message).toContain("AWS ended QLDB on 2025-07-31");
  expect(message).toContain("nitro:ledger.mode local");
  expect(message).toContain("nitro:aws.endpoints.qldb <url>");
  expect(account.identity.calls).toEqual([]);
});

test("a region that never had QLDB is named, with those that had it", async () => {
  await own.configure({ "aws.region": "eu-north-1" });
  expect(await refusal(alice)).toMatch(/QLDB never was in eu-north-1: it was in us-east-1, .*eu-west-1/);
  await own.configure({ "aws.region": "us-west-2" });
});

test("a preview needs nobody to be logged in", async () => {
  await own.useAccount();
  await nitro("setup", "--aws");
  const stdout = await own.mustPulumi(nobody, "preview");
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
  await own.nothingIsLeft();
});

test.each(["sts", "iam", "qldb"])("an endpoint of %s that does not answer is named, and nothing is begun", async (service) => {
  const closed = await closedAddress();
  await own.configure({ [`aws.endpoints.${service}`]: closed });
  try {
    expect(await refusal(alice)).toMatch(new RegExp(`does not answer at ${closed}: .*ECONNREFUSED[\\s\\S]*nitro:aws.endpoints.${service}`));
  } finally {
    await own.useAccount();
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

test("Ctrl-C while AWS makes it wait stops cleanly, and nothing is in the way of the next start", async () => {
  account.identity.denied.add("sts:AssumeRole");
  const begun = account.identity.calls.length;
  const stopped = spawn("./nitro", ["up", "-s", stack], { cwd: root, env: { ...process.env, ...environmentOf(alice) }, stdio: "ignore" });
  const ended = once(stopped, "close");
  const asked = async () => account.identity.calls.slice(begun).some(({ action }) => action === "sts:AssumeRole");
  await waitFor(asked, { what: "the role is tried", timeoutMs: 120_000 });
  stopped.kill("SIGINT");
  const [code] = (await ended) as [number | null];
  account.identity.denied.clear();
  expect(code).toBe(130);
  await own.mustAs(alice, "down", "--yes", "--keep-settings");
  await own.nothingIsLeft();
});

test("a role and a ledger of somebody else's are named and left alone", async () => {
  await account.iam({ Action: "CreateRole", RoleName: names.qldbRoleName, AssumeRolePolicyDocument: "{}", Description: "another's" });
  await account.ledgers.registry.create({ name: names.ledgerName, permissionsMode: "STANDARD", deletionProtection: true, tags: {} });
  try {
    const { code, stderr } = await own.as(alice, "up");
    expect(code).toBe(1);
    expect(stderr).toMatch(/AlreadyExists.*\nthis stack did not make it, so it is left alone/);
    expect(await account.roles()).toContain(names.qldbRoleName);
    expect(account.ledgerNames()).toEqual([names.ledgerName]);
    expect(await engineResources(stack)).toEqual({ containers: {}, networks: [], volumes: [], notes: [] });
  } finally {
    await account.iam({ Action: "DeleteRole", RoleName: names.qldbRoleName });
    await account.ledgers.registry.update(names.ledgerName, { deletionProtection: false });
    await account.ledgers.registry.delete(names.ledgerName);
  }
});
