import { execFileSync } from "node:child_process";
import { createHash, createPrivateKey, generateKeyPairSync } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { Agent } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ListObjectsV2Command, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { Encrypter } from "age-encryption";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { StackStatus } from "../../automation/status.ts";
import { Engine } from "../../docker/engine.ts";
import { decryptAsOperator } from "../../key-feeder/age-ssh.ts";
import { operatorNames, sharePrefix } from "../../key-feeder/contract.ts";
import { createSigner } from "../../key-feeder/payouts/signer.ts";
import { combineShares } from "../../key-feeder/shares.ts";
import { roles, stackNames } from "../../model/names.ts";
import { operatorEnvironment, redisClient, stackOutputs, waitFor } from "../../testing/index.ts";
import { engineResources, nitro, nitroJson, root, run, tryNitro } from "./nitro.ts";

// Operators who work by hand, with nothing but what `nitro operator env` gives them.

const stack = "e2e-operators";
const names = stackNames(stack);
const engine = Engine.connect();
const folder = join(root, ".nitro", stack, "operators");
const scratch = mkdtempSync(join(tmpdir(), "nitro-operators-e2e-"));

type Variables = Readonly<Record<string, string>>;

beforeAll(async () => {
  await nitro("down", "-s", stack, "--yes");
  await nitro("up", "-s", stack, "--bootstrap", "manual");
});

afterAll(async () => {
  await nitro("down", "-s", stack, "--yes");
  rmSync(scratch, { recursive: true, force: true });
});

const environment = (operator: number) => operatorEnvironment(stack, { operator });
const key = (env: Variables) => createPrivateKey(readFileSync(env.BAT_OPERATOR_KEY ?? "", "utf8"));
const status = async () => JSON.parse((await tryNitro("status", "-s", stack, "--json")).stdout) as StackStatus;
const shareOf = (env: Variables) => decryptAsOperator(key(env), readFileSync(env.BAT_OPERATOR_SHARE ?? ""));

/** As Go's SDK finds it: by the environment alone. */
function s3(env: Variables): S3Client {
  const credentials = { accessKeyId: env.AWS_ACCESS_KEY_ID ?? "", secretAccessKey: env.AWS_SECRET_ACCESS_KEY ?? "" };
  const httpsAgent = new Agent({ ca: readFileSync(env.AWS_CA_BUNDLE ?? "") });
  const place = { region: env.AWS_REGION ?? "", endpoint: env.AWS_ENDPOINT_URL_S3 ?? "", requestHandler: { httpsAgent } };
  return new S3Client({ ...place, forcePathStyle: true, credentials });
}

/** As the tool `vault` asks: signed, at NITRO_API_BASE. */
async function signed(env: Variables, path: string, body: unknown): Promise<Record<string, never>> {
  const base = new URL(env.NITRO_API_BASE ?? "");
  const request = createSigner(key(env)).sign(path, base.host, JSON.stringify(body), new Date());
  const headers = Object.fromEntries(
    Object.entries(request.headers).filter(([name]) => !["(request-target)", "host", "content-length"].includes(name)),
  );
  const answer = await fetch(new URL(path, base), { method: "POST", headers, body: request.octets });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${path}: ${answer.status} ${text}`);
  return JSON.parse(text).data;
}

/** As the tool `bootstrap` puts it: base64 text, under a key of its own. */
async function bootstrap(env: Variables, share: string, when: string): Promise<void> {
  const Key = `${env.NITRO_EXPECTED_PCR2}/operator-share_${when}.json`;
  await s3(env).send(new PutObjectCommand({ Bucket: env.ENCLAVE_OPERATOR_SHARES_BUCKET_NAME, Key, Body: share }));
}

test("files for nobody else to read, variables for a shell, and the same as outputs", async () => {
  const [first, second] = [await environment(1), await environment(2)];
  const outputs = await stackOutputs(stack);
  expect(statSync(folder).mode & 0o777).toBe(0o700);
  for (const [index, env] of [first, second].entries()) {
    const operator = outputs.operators[index];
    expect(operator?.name).toBe(operatorNames[index]);
    for (const file of [env.BAT_OPERATOR_KEY, env.BAT_OPERATOR_SHARE]) expect(statSync(file ?? "").mode & 0o777).toBe(0o600);
    expect(readFileSync(env.BAT_OPERATOR_KEY ?? "", "utf8")).toBe(operator?.privateKey);
    expect(await shareOf(env)).toBe(operator?.share);
  }
  const identity = await combineShares(await Promise.all([first, second].map(shareOf)));
  expect(identity).toMatch(/^AGE-SECRET-KEY-1/);
  const lines = (await nitro("operator", "env", "-s", stack)).trim().split("\n");
  expect(lines.every((line) => /^export [A-Z0-9_]+='[^']*'$/.test(line))).toBe(true);
  const shell = await run("sh", [
    "-c",
    `eval "$(./nitro operator env -s ${stack})" && printf '%s\\n' "$BAT_OPERATOR_KEY" "$REDISCLI_AUTH"`,
  ]);
  expect(shell.stdout).toBe(`${first.BAT_OPERATOR_KEY}\n${first.REDISCLI_AUTH}\n`);
  const redis = redisClient({ redisUrl: `redis://${first.REDIS_USERNAME}:${first.REDIS_PASSWORD}@${first.REDIS_ADDR}` });
  expect(await redis.ping()).toBe("PONG");
  redis.disconnect();
  expect(await nitro("outputs", "-s", stack)).not.toMatch(/PRIVATE KEY|AGE-SECRET/);
  const state = await run("pulumi", ["stack", "export", "-s", stack], { env: await nitroJson<NodeJS.ProcessEnv>("env") });
  expect(state.code).toBe(0);
  expect(state.stdout).not.toContain("PRIVATE KEY");
});

test("bootstrap manual: vault create, configure, bootstrap twice, and the service is unsealed by their vault", async () => {
  const [first, second] = [await environment(1), await environment(2)];
  expect(await status()).toMatchObject({ sealed: true, shares: 0 });
  const vault = (await signed(first, "/v1/payments/vault/create", { threshold: 2 })) as unknown as {
    publicKey: string;
    shares: { name: string; material: string }[];
  };
  const encrypter = new Encrypter();
  encrypter.addRecipient(vault.publicKey);
  const config = await encrypter.encrypt('{"zebpayApiKey":"by-hand"}');
  await s3(first).send(
    new PutObjectCommand({ Bucket: first.ENCLAVE_CONFIG_BUCKET_NAME, Key: first.ENCLAVE_CONFIG_OBJECT_NAME, Body: config }),
  );
  for (const [index, env] of [first, second].entries()) {
    const material = vault.shares.find(({ name }) => name === operatorNames[index])?.material ?? "";
    await bootstrap(env, await decryptAsOperator(key(env), Buffer.from(material, "base64")), `2026-11-29T10:0${index}:00Z`);
    expect(await nitro("status", "-s", stack)).toContain(`sealed, ${index + 1} of 2 shares`);
  }
  await engine.restart(names.containers.service, { graceSeconds: 1 });
  await waitFor(async () => !(await status()).sealed, { what: "it is unsealed", timeoutMs: 20_000 });
  const { Contents = [] } = await s3(first).send(new ListObjectsV2Command({ Bucket: first.ENCLAVE_CONFIG_BUCKET_NAME }));
  expect(Contents.map(({ Key, ETag }) => [Key, ETag])).toEqual([
    [first.ENCLAVE_CONFIG_OBJECT_NAME, `"${createHash("md5").update(config).digest("hex")}"`],
  ]);
  expect(await nitro("up", "-s", stack, "--json")).not.toMatch(/PRIVATE KEY|AGE-SECRET/);
  await nitro("pay", "-s", stack);
});

test("status counts truly, and says the cause, where a share is of another vault", async () => {
  const [first] = [await environment(1)];
  await bootstrap(first, await shareOf(first), "2026-11-29T11:00:00Z");
  await engine.restart(names.containers.service, { graceSeconds: 1 });
  const cause = /sealed, 3 shares where 2 are needed \(1 of them not of the same vault; the service says: .+\)/;
  await waitFor(async () => cause.test((await tryNitro("status", "-s", stack)).stdout), { what: "it says the cause", timeoutMs: 20_000 });
  expect(await status()).toMatchObject({ sealed: true, shares: 3 });
});

test("bootstrap auto: what they put is set aside and told, and a restart unseals", async () => {
  await nitro("up", "-s", stack, "--bootstrap", "auto");
  const env = await environment(1);
  const { Contents = [] } = await s3(env).send(new ListObjectsV2Command({ Bucket: env.ENCLAVE_OPERATOR_SHARES_BUCKET_NAME }));
  const keys = Contents.map(({ Key = "" }) => Key);
  expect(keys.filter((key) => key.startsWith(sharePrefix))).toHaveLength(2);
  expect(keys.filter((key) => key.startsWith("set-aside/"))).toHaveLength(3);
  const { stderr, stdout } = await tryNitro("logs", "-s", stack, "key-feeder");
  expect(stdout + stderr).toContain("set aside");
  expect(await nitro("status", "-s", stack)).toContain("unsealed; 3 of another vault set aside");
  await bootstrap(env, "Zm9yZWlnbg==", "2026-11-29T12:00:00Z");
  await waitFor(async () => (await status()).shares === 2, { what: "the new one is set aside too" });
  await engine.restart(names.containers.service, { graceSeconds: 1 });
  await waitFor(async () => !(await status()).sealed, { what: "it is unsealed", timeoutMs: 20_000 });
});

test("keys of their own: those of the service's folder, then ssh-keygen's; key-feeder, service and worker follow", async () => {
  const secrets = join(scratch, "payment-test/secrets");
  mkdirSync(secrets, { recursive: true });
  const pem = () => generateKeyPairSync("ed25519").privateKey.export({ type: "pkcs8", format: "pem" }).toString();
  for (const name of operatorNames) writeFileSync(join(secrets, `${name}.pem`), pem());
  const env = await nitroJson<NodeJS.ProcessEnv>("env");
  const set = async (...args: string[]) => {
    const { code, stderr } = await run("pulumi", ["config", "set", "-s", stack, "--path", ...args], { env });
    if (code !== 0) throw new Error(stderr);
  };
  const { containers: before } = await engineResources(stack);
  await set("nitro:operators.keys", secrets);
  await nitro("up", "-s", stack);
  const { containers: after } = await engineResources(stack);
  expect(roles.filter((role) => after[role] !== before[role])).toEqual(["service", "key-feeder", "worker"]);
  expect(readFileSync((await environment(2)).BAT_OPERATOR_KEY ?? "", "utf8")).toBe(
    readFileSync(join(secrets, "test-operator2.pem"), "utf8"),
  );
  await nitro("pay", "-s", stack, "--count", "2");

  await run("pulumi", ["config", "rm", "-s", stack, "--path", "nitro:operators.keys"], { env });
  for (const name of ["one", "two"]) execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", "", "-f", join(scratch, name)]);
  for (const [index, name] of ["one", "two"].entries()) await set(`nitro:operators.keys[${index}]`, join(scratch, name));
  await nitro("up", "-s", stack);
  const { operators } = await stackOutputs(stack);
  expect(operators[0]?.publicKey).toBe(`${readFileSync(join(scratch, "one.pub"), "utf8").trim()} test-operator`);
  await nitro("pay", "-s", stack, "--count", "2");
});

test("down removes the files", async () => {
  await environment(1);
  await nitro("down", "-s", stack, "--yes");
  expect(existsSync(folder)).toBe(false);
  await expect(environment(1)).rejects.toThrow(`there is no stack "${stack}"\n  ./nitro up -s ${stack}`);
});
