import { type ChildProcess, spawn } from "node:child_process";
import { generateKeyPairSync } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, expect, test } from "vitest";
import { operatorNames } from "../../key-feeder/contract.ts";
import { loadOrMakeKeys, publishKeys, tellOperators, withOperatorKeys } from "../../key-feeder/identity.ts";
import { combineShares } from "../../key-feeder/shares.ts";

let folder = "";

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "nitro-keys-"));
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

const mode = (path: string) => statSync(join(folder, path)).mode & 0o777;

test("keys are made once", async () => {
  const first = await loadOrMakeKeys(folder);
  const second = await loadOrMakeKeys(folder);
  expect([first.made, second.made]).toEqual([true, false]);
  expect(second.keys).toEqual(first.keys);
});

test("they are what payments-service.md wants, and they belong together", async () => {
  const { keys } = await loadOrMakeKeys(folder);
  expect(keys.identity).toMatch(/^AGE-SECRET-KEY-1[0-9A-Z]{58}$/);
  expect(keys.operators.map(({ name }) => name)).toEqual([...operatorNames]);
  for (const { name, privateKey, publicKey } of keys.operators) {
    expect(privateKey).toMatch(/^-----BEGIN PRIVATE KEY-----\n/);
    expect(publicKey).toMatch(new RegExp(`^ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAA[A-Za-z0-9+/]{44} ${name}$`));
  }
  expect(await combineShares(keys.operators.map(({ share }) => share))).toBe(keys.identity);
});

test("operators with keys of their own keep the shares; what they need is told, for nobody else to read", async () => {
  const { keys } = await loadOrMakeKeys(folder);
  const own = [generateKeyPairSync("ed25519"), generateKeyPairSync("ed25519")];
  const theirs = withOperatorKeys(
    keys,
    own.map(({ privateKey }) => privateKey.export({ type: "pkcs8", format: "pem" }).toString()),
  );
  expect(theirs.identity).toBe(keys.identity);
  for (const [index, { publicKey, share, name }] of theirs.operators.entries()) {
    const raw = own[index]?.publicKey.export({ type: "spki", format: "der" }).subarray(-32) ?? Buffer.alloc(0);
    expect(publicKey).toBe(
      `ssh-ed25519 ${Buffer.concat([Buffer.from("AAAAC3NzaC1lZDI1NTE5AAAAIA==", "base64"), raw]).toString("base64")} ${name}`,
    );
    expect(share).toBe(keys.operators[index]?.share);
  }
  expect(withOperatorKeys(keys, undefined)).toEqual(keys);
  await tellOperators(theirs, folder);
  expect(mode("operators.json")).toBe(0o600);
  const told = JSON.parse(readFileSync(join(folder, "operators.json"), "utf8"));
  expect(told).toEqual({ vault: expect.stringMatching(/^age1[0-9a-z]{58}$/), operators: theirs.operators });
});

test("nobody else reads the private ones; everybody reads the public ones, under any umask", async () => {
  const umask = process.umask(0o077);
  try {
    const { keys } = await loadOrMakeKeys(folder);
    await publishKeys(keys, join(folder, "public"));
    expect(mode("current")).toBe(0o700);
    for (const name of readdirSync(join(folder, "current"))) expect(mode(join("current", name))).toBe(0o600);
    for (const name of operatorNames) expect(mode(join("public", `${name}.pub`))).toBe(0o444);
  } finally {
    process.umask(umask);
  }
});

test("public keys: one line each, replaced where they differ", async () => {
  const { keys } = await loadOrMakeKeys(folder);
  const publicDir = join(folder, "public");
  await publishKeys(keys, publicDir);
  rmSync(join(publicDir, "test-operator.pub"));
  writeFileSync(join(publicDir, "test-operator.pub"), "ssh-ed25519 of-another-stack test-operator\n");
  await publishKeys(keys, publicDir);
  for (const { name, publicKey } of keys.operators) expect(readFileSync(join(publicDir, `${name}.pub`), "utf8")).toBe(`${publicKey}\n`);
  expect(readdirSync(publicDir).sort()).toEqual(["test-operator.pub", "test-operator2.pub"]);
});

test.each(["identity.txt", "test-operator.pem", "test-operator2.pub", "test-operator.share"])(
  "%s damaged or gone: an error that names it, and nothing is made anew over it",
  async (name) => {
    await loadOrMakeKeys(folder);
    const path = join(folder, "current", name);
    truncateSync(path, 20);
    await expect(loadOrMakeKeys(folder)).rejects.toThrow("the stack's keys are damaged");
    rmSync(path);
    await expect(loadOrMakeKeys(folder)).rejects.toThrow(`${name}: it is missing`);
  },
);

test("killed at any moment: keys are whole or not there", async () => {
  const module = join(import.meta.dirname, "../../key-feeder/identity.ts");
  const script = `const { loadOrMakeKeys } = await import(${JSON.stringify(module)}); await loadOrMakeKeys(${JSON.stringify(folder)}); process.send("made");`;
  const start = () => spawn(process.execPath, ["--input-type=module", "-e", script], { stdio: ["ignore", "inherit", "inherit", "ipc"] });
  const began = performance.now();
  const whole = start();
  await once(whole, "exit");
  const took = performance.now() - began;
  rmSync(join(folder, "current"), { recursive: true });
  let unfinished = 0;
  for (let round = 0; round < 12; round++) {
    const child: ChildProcess = start();
    const exited = once(child, "exit");
    await sleep((took * round) / 11);
    child.kill("SIGKILL");
    await exited;
    if (!readdirSync(folder).includes("current")) unfinished++;
    const { keys } = await loadOrMakeKeys(folder);
    expect(await combineShares(keys.operators.map(({ share }) => share))).toBe(keys.identity);
    expect(readdirSync(folder)).toEqual(["current"]);
    rmSync(join(folder, "current"), { recursive: true });
  }
  expect(unfinished).toBeGreaterThan(0);
});
