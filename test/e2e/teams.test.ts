import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { CreateBucketCommand, ListObjectsV2Command, PutObjectCommand } from "@aws-sdk/client-s3";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Stack } from "../../automation/stack.ts";
import { checkpointFiles } from "../../automation/state.ts";
import type { StackRow } from "../../cli/stack-rows.ts";
import { personHere } from "../../common/person.ts";
import { settingsPath } from "../../model/settings-file.ts";
import { s3Client } from "../../testing/clients.ts";
import { stackOutputs } from "../../testing/outputs.ts";
import { nitroHome } from "../../toolchain/home.ts";
import { engineResources, type Result, root, run } from "./nitro.ts";

// One stack in a backend of its own, so that nothing here can reach any other stack.

const stack = "e2e-teams";
let scratch = "";
let env: NodeJS.ProcessEnv = {};

const nitro = (...args: string[]) => run("./nitro", args, { env });

async function succeed(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await nitro(...args);
  if (code !== 0) throw new Error(`./nitro ${args.join(" ")} ended with ${code}:\n${stdout}\n${stderr}`);
  return stdout;
}

/** What reap does in eight days. */
function reapLater(yes: boolean): Promise<Result> {
  const wish = { older: 7 * 86_400_000, all: false, dryRun: !yes, yes };
  const code = `
    import { reapStacks } from ${JSON.stringify(join(root, "cli/reap.ts"))};
    const { env, stdin, stdout, stderr } = process;
    const never = new AbortController().signal;
    const context = { env, cwd: ".", root: ${JSON.stringify(root)}, stdin, stdout, stderr, signal: never, kill: never };
    process.exitCode = await reapStacks(${JSON.stringify(wish)}, Date.now() + 8 * 86_400_000, context);`;
  return run(process.execPath, ["--input-type=module", "--eval", code], { env });
}

beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), "nitro-teams-"));
  env = { PULUMI_BACKEND_URL: `file://${scratch}` };
  await succeed("up", "-s", stack);
});

afterAll(async () => {
  await nitro("down", "-s", stack, "--yes");
  await rm(settingsPath(root, stack), { force: true });
  await rm(join(nitroHome(), "owners", createHash("sha256").update(other()).digest("hex").slice(0, 16)), { force: true });
  await rm(scratch, { recursive: true, force: true });
});

/** The backend that takes the stack over. */
const other = () => `file://${join(scratch, "other")}`;

test("ls shows who brought it up, when it was used last and what it costs", async () => {
  const rows = JSON.parse(await succeed("ls", "--all", "--json")) as StackRow[];
  const row = rows.find(({ name }) => name === stack);
  expect(row).toMatchObject({ mine: true, owner: personHere(process.env), healthy: 6, parts: 6 });
  expect(Date.parse(row?.lastUse ?? "")).toBeGreaterThanOrEqual(Date.parse(row?.created ?? ""));
  expect(row?.memory).toBeGreaterThan(50 * 2 ** 20);
});

test("reap without a terminal and without --yes removes nothing; what somebody is connected to stays", async () => {
  const young = await nitro("reap", "--yes");
  expect([young.code, young.stdout]).toEqual([0, "there is nothing to remove\n"]);
  const dry = await reapLater(false);
  expect([dry.code, dry.stdout]).toEqual([0, expect.stringMatching(new RegExp(`^${stack} +${personHere(process.env)} +6 of 6 run`, "m"))]);
  const { ports } = await stackOutputs(stack, { env: { ...process.env, ...env } });
  const socket = connect(ports.redis, "127.0.0.1");
  await once(socket, "connect");
  try {
    expect((await reapLater(true)).stdout).toBe(
      `${stack} stays: somebody is connected to its port ${ports.redis}\nthere is nothing to remove\n`,
    );
  } finally {
    socket.destroy();
  }
});

test("down with a backend that does not know the stack removes nothing of another's, nor what its containers run", async () => {
  const before = await engineResources(stack);
  const executables = await readdir(join(root, ".nitro", stack), { recursive: true });
  const { code, stderr } = await run("./nitro", ["down", "-s", stack, "--yes"], {
    env: { ...process.env, PULUMI_BACKEND_URL: `file://${await mkdtemp(join(scratch, "third-"))}` },
  });
  expect([code, stderr]).toEqual([1, expect.stringContaining(`is of another Pulumi backend, brought up by ${personHere(process.env)}`)]);
  expect(await engineResources(stack)).toEqual(before);
  expect(await readdir(join(root, ".nitro", stack), { recursive: true })).toEqual(executables);
});

test("a lost state is rebuilt from what is there, in another backend: nothing is replaced then, and nothing new is made", async () => {
  const before = await engineResources(stack);
  const password = (await stackOutputs(stack, { env: { ...process.env, ...env } })).redisUrl;
  env = { PULUMI_BACKEND_URL: other() };
  await mkdir(join(scratch, "other"));
  const asked = await nitro("adopt", "-s", stack);
  expect([asked.code, asked.stderr]).toEqual([1, expect.stringContaining(`of ${personHere(process.env)}, last used`)]);
  expect(await succeed("adopt", "-s", stack, "--yes")).toMatch(/^stack e2e-teams is known again: 18 resources\n/);
  const { changes } = JSON.parse(await succeed("preview", "-s", stack, "--json")) as { changes: unknown[] };
  expect(changes).toEqual([]);
  await succeed("up", "-s", stack);
  expect((await engineResources(stack)).containers).toEqual(before.containers);
  expect((await stackOutputs(stack, { env: { ...process.env, ...env } })).redisUrl).toBe(password);
  expect((await nitro("adopt", "-s", stack)).stderr).toContain("there is nothing to adopt");
});

test("where the state is lost, up, swap and preview name the way back, and build nothing before", async () => {
  const files = checkpointFiles(join(scratch, "other"), stack).filter((file) => existsSync(file));
  const before = await engineResources(stack);
  for (const file of files) await rename(file, `${file}.away`);
  try {
    for (const command of ["up", "swap", "preview"]) {
      const { code, stderr } = await nitro(command, "-s", stack);
      expect([command, code, stderr]).toEqual([command, 1, expect.stringContaining(`./nitro adopt -s ${stack}`)]);
      expect(stderr).not.toContain("sample built");
    }
  } finally {
    for (const file of files) await rename(`${file}.away`, file);
  }
  expect(await engineResources(stack)).toEqual(before);
});

test("a program with an older layout than what made the stack changes nothing", async () => {
  const [file] = checkpointFiles(join(scratch, "other"), stack);
  const text = await readFile(file, "utf8");
  const newer = text.replace(/("madeBy":\s*\{\s*"layout":\s*)\d+/, "$199");
  expect(newer).not.toBe(text);
  await writeFile(file, newer);
  const refused = await nitro("up", "-s", stack);
  await writeFile(file, text);
  expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining("was made by a newer nitro-stacks (")]);
});

test("in an S3 bucket the lock of a process that has ended is cleared, and that of another machine is named and stays", async () => {
  const outputs = await stackOutputs(stack, { env: { ...process.env, ...env } });
  const s3 = s3Client(outputs);
  const bucket = "e2e-teams-state";
  await s3.send(new CreateBucketCommand({ Bucket: bucket }));
  const [, port = ""] = /:(\d+)$/.exec(outputs.localstackUrl) ?? [];
  const url = `s3://${bucket}?endpoint=http://127.0.0.1:${port}&s3ForcePathStyle=true&region=${outputs.aws.region}&request_checksum_calculation=when_supported`;
  const { accessKeyId, secretAccessKey } = outputs.aws;
  const credentials = { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey, AWS_REGION: outputs.aws.region };
  const never = new AbortController().signal;
  const { stdin, stdout, stderr } = process;
  const environment = { ...process.env, ...credentials, PULUMI_BACKEND_URL: url };
  const inBucket = new Stack("e2e-teams-s3", { env: environment, cwd: root, root, stdin, stdout, stderr, signal: never, kill: never });
  try {
    await inBucket.create();
    const child = spawn("true");
    await once(child, "exit");
    const prefix = ".pulumi/locks/organization/nitro/e2e-teams-s3/";
    const lock = async (host: string) => {
      const Body = JSON.stringify({ pid: child.pid, username: "ann", hostname: host, timestamp: new Date().toISOString() });
      await s3.send(new PutObjectCommand({ Bucket: bucket, Key: `${prefix}${host}.json`, Body }));
    };
    const locks = async () => (await s3.send(new ListObjectsV2Command({ Bucket: bucket, Prefix: prefix }))).KeyCount;
    await lock(hostname());
    await inBucket.refresh();
    expect(await locks()).toBe(0);
    await lock("elsewhere.example");
    await expect(inBucket.refresh()).rejects.toThrow(`stack "e2e-teams-s3" is being changed by ann on elsewhere.example`);
    expect(await locks()).toBe(1);
  } finally {
    s3.destroy();
    await rm(settingsPath(root, "e2e-teams-s3"), { force: true });
  }
});

test("what is forgotten goes, with its state; its settings stay", async () => {
  const gone = await reapLater(true);
  expect([gone.code, gone.stdout]).toEqual([0, expect.stringMatching(new RegExp(`^stack ${stack} is gone, \\d+ MiB are free$`, "m"))]);
  expect(await engineResources(stack)).toEqual({ containers: {}, networks: [], volumes: [], notes: [] });
  expect(JSON.parse(await succeed("ls", "--json"))).toEqual([]);
  expect(await readFile(settingsPath(root, stack), "utf8")).toContain("encryptionsalt");
});
