import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { StackOutputsError, stackOutputs } from "../../testing/outputs.ts";
import { pulumiBin } from "../../toolchain/environment.ts";

// pulumi itself is for the end-to-end tests: here a program in its place answers as it was seen to, because what is tested is what comes after.
let folder = "";

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "nitro-outputs-"));
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

function environment(script?: string): NodeJS.ProcessEnv {
  const env = { PATH: `${folder}:/usr/bin:/bin`, NITRO_HOME: join(folder, "home"), HOME: folder };
  expect(pulumiBin(env).startsWith(folder)).toBe(true);
  if (script !== undefined) {
    writeFileSync(join(folder, "pulumi"), `#!/bin/sh\n${script}\n`);
    chmodSync(join(folder, "pulumi"), 0o755);
  }
  return env;
}

const complete = {
  serviceUrl: "http://127.0.0.1:20000",
  redisUrl: "redis://default:x@127.0.0.1:20001",
  localstackUrl: "http://127.0.0.1:20002",
  ledgerName: "nitro-alice",
  buckets: { config: "c", shares: "s" },
  payout: { custodian: "dryrun-happypath", currency: "BAT", from: "nitro-pay" },
  ports: { service: 20000, redis: 20001, localstack: 20002, ledger: 20003 },
  service: { sha256: "aa", path: "/nitro/bin/aa/payments" },
  worker: { sha256: "aa", path: "/nitro/bin/aa/payments" },
};

test("the outputs of the stack that was asked for, with our backend and passphrase", async () => {
  const script = `echo "$@" > ${join(folder, "args")}; env > ${join(folder, "env")}; echo '${JSON.stringify(complete)}'`;
  expect(await stackOutputs("alice", { root: folder, env: environment(script) })).toEqual(complete);
  expect(readFileSync(join(folder, "args"), "utf8")).toContain("--show-secrets --non-interactive --stack alice");
  const seen = readFileSync(join(folder, "env"), "utf8");
  expect(seen).toContain(`PULUMI_BACKEND_URL=file://${join(folder, "home", "backend")}`);
  expect(seen).toContain(`PULUMI_CONFIG_PASSPHRASE_FILE=${join(folder, "home", "passphrase")}`);
});

test("no pulumi: the message says how to get it", async () => {
  await expect(stackOutputs("alice", { root: folder, env: { ...environment(), PATH: folder } })).rejects.toThrow(/\.\/nitro setup/);
});

test("no such stack: the message says how to make it", async () => {
  const env = environment("echo \"error: no stack named 'alice' found\" >&2; exit 255");
  const call = stackOutputs("alice", { root: folder, env });
  await expect(call).rejects.toThrow(StackOutputsError);
  await expect(call).rejects.toThrow('there is no stack "alice"; run: ./nitro up -s alice');
});

test("a stack that is not up has no outputs: the message names them", async () => {
  const { redisUrl: _, ...partial } = complete;
  await expect(stackOutputs("alice", { root: folder, env: environment(`echo '${JSON.stringify(partial)}'`) })).rejects.toThrow(
    'stack "alice" is not up: it has no redisUrl; run: ./nitro up -s alice',
  );
});

test("any other failure shows what pulumi said", async () => {
  await expect(stackOutputs("alice", { root: folder, env: environment("echo 'error: incorrect passphrase' >&2; exit 1") })).rejects.toThrow(
    'the outputs of stack "alice" cannot be read: error: incorrect passphrase',
  );
});
