import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
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
  expect(executable).toMatchObject({ shown: "payments", bytes: elf({ machine: arm64 }) });
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
