import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Arch } from "../../docker/types.ts";
import { ConfigError } from "../../model/settings.ts";
import { type ConfigurationArgs, readConfiguration } from "../../stacks/configuration.ts";
import { elf } from "../executable/elf.ts";

const arm64 = 183;
let root = "";

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "nitro-configuration-"));
});

afterEach(() => rmSync(root, { recursive: true, force: true }));

/** @param asked gets a line for every question for the architecture */
function read(raw: Record<string, string>, options: Partial<ConfigurationArgs> = {}, arch?: Arch, asked: string[] = []) {
  const ask = async () => {
    asked.push("arch");
    return arch;
  };
  return readConfiguration({ root, stack: "alice", raw, arch: ask, ...options });
}

const named = { "nitro:service": '{"binary":"payments"}', "nitro:secrets": '{"file":"secrets.json"}' };

test("settings and the files that they name, without an engine", async () => {
  writeFileSync(join(root, "payments"), elf({ machine: arm64 }));
  writeFileSync(join(root, "secrets.json"), '{ "key": "value" }');
  const asked: string[] = [];
  const { settings, secrets, executable } = await read(named, {}, "amd64", asked);
  expect(settings.service.binary).toBe("payments");
  expect(secrets).toBe('{"key":"value"}');
  expect(executable).toMatchObject({ shown: "payments", size: elf().length });
  expect(asked).toEqual([]);
});

test("problems of settings, executable and secrets are told together", async () => {
  writeFileSync(join(root, "payments"), elf({ length: 100 }));
  const wrong = read({ ...named, "nitro:bootstrap": "atuo", "nitro:swap": '{"mod":"mount"}' });
  await expect(wrong).rejects.toThrow(ConfigError);
  await expect(wrong).rejects.toThrow(/has 4 problems:\n/);
  for (const line of [
    "- nitro:bootstrap is",
    "- nitro:swap.mod is not a setting",
    "- executable payments: the file has 100 bytes",
    "- setting nitro:secrets.file",
  ])
    await expect(wrong).rejects.toThrow(line);
});

test("the engine's architecture is asked for where something is wrong anyway, and told with it", async () => {
  writeFileSync(join(root, "payments"), elf({ machine: arm64 }));
  const raw = { "nitro:service": '{"binary":"payments"}', "nitro:bootstrap": "atuo" };
  await expect(read(raw, {}, "amd64")).rejects.toThrow(
    /2 problems:\n.*nitro:bootstrap.*\n.*executable payments: it is for arm64, the container engine runs amd64/,
  );
  await expect(read(raw, {}, undefined)).rejects.toThrow(/has a problem:\n {2}- nitro:bootstrap/);
});

test("a single problem of a file is told as it is", async () => {
  await expect(read({ "nitro:service": '{"binary":"payments"}' })).rejects.toThrow(/^executable payments: there is no such file/);
  await expect(read({ "nitro:secrets": '{"file":"none.json"}' })).rejects.toThrow(
    /^setting nitro:secrets.file is none.json: it cannot be read/,
  );
});

test("sources that are not there are told before anything could make their folder", async () => {
  const build = (folder: string) => ({ "nitro:build": JSON.stringify({ command: "make", folder }) });
  await expect(read(build("payments"))).rejects.toThrow(/^setting nitro:build.folder is payments: there is no such folder/);
  expect((await read(build("."))).settings.build.folder).toBe(".");
  expect((await read(build("payments"), { files: [] })).settings.build.folder).toBe("payments");
});

test("what the executable is to see is looked at, for both roles, and told together", async () => {
  writeFileSync(join(root, "key.pem"), "one", { mode: 0o644 });
  chmodSync(join(root, "key.pem"), 0o644);
  const files = (role: string, ...entries: string[]) => ({ [`nitro:${role}`]: JSON.stringify({ files: entries }) });
  const { mounts } = await read({ ...files("service", "key.pem:/etc/a"), ...files("worker", "key.pem:/etc/b") });
  expect([mounts.service[0]?.path, mounts.worker[0]?.path]).toEqual(["/etc/a", "/etc/b"]);
  const wrong = read({ ...files("service", "none:/etc/a"), ...files("worker", "neither:/etc/b"), "nitro:operators": '{"keys":"nowhere"}' });
  await expect(wrong).rejects.toThrow(
    /3 problems:\n.*operators\.keys is nowhere.*\n.*service\.files names none.*\n.*worker\.files names neither/,
  );
  expect((await read(files("service", "none:/etc/a"), { files: [] })).mounts.service).toEqual([]);
});

test("a secret in plain text is told by its setting, without its value; one that was encrypted is none", async () => {
  const raw = { "nitro:worker": '{"env":{"API_KEY":"topsecret","URL":"http://me:topsecret@zebpay","PLAIN":"x"}}' };
  const wrong = read(raw);
  await expect(wrong).rejects.toThrow(
    /2 problems:\n.*nitro:worker\.env\.API_KEY holds a secret, by its name, in plain text: pulumi config set --stack alice --secret/,
  );
  await expect(wrong).rejects.toThrow(/nitro:worker\.env\.URL holds an address with a password in plain text/);
  await expect(wrong).rejects.not.toThrow(/topsecret/);
  expect((await read(raw, { isSecret: (key) => key === "nitro:worker" })).settings.worker.env.API_KEY).toBe("topsecret");
});

test("files that nobody asked for are not looked at, nor a file that an image stands in for", async () => {
  expect(await read(named, { files: [] })).toMatchObject({ secrets: undefined, executable: undefined });
  await expect(read(named, { files: ["secrets"] })).rejects.toThrow(/^setting nitro:secrets.file/);
  expect((await read({ "nitro:service": '{"image":"team/payments:1"}' })).executable).toBeUndefined();
});

test("nothing is said of what cannot be read here", async () => {
  const aws = { "nitro:ledger": '{"mode":"aws"}' };
  await expect(read(aws)).rejects.toThrow("nitro:aws.endpoints.qldb");
  expect((await read(aws, { partial: true })).settings.ledger.mode).toBe("aws");
  await expect(read({ "nitro:bootstrap": "atuo" }, { partial: true })).rejects.toThrow("nitro:bootstrap");
});
