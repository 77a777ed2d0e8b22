import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { configure } from "../../automation/configured.ts";
import { type PrepareOptions, prepareStack } from "../../stacks/prepare.ts";
import { recordResources } from "../components/recorder.ts";
import { elf } from "../executable/elf.ts";

let root = "";
const thisMachine = process.arch === "arm64" ? 183 : 62;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "nitro-prepare-"));
  vi.stubEnv("NITRO_HOME", join(root, "home"));
  vi.stubEnv("NITRO_TRACE", join(root, "trace"));
  vi.stubEnv("DOCKER_HOST", `unix://${root}/nowhere`);
  writeFileSync(join(root, "package.json"), '{"version":"1.2.3"}');
  writeFileSync(join(root, "payments"), elf({ machine: thisMachine }));
  writeFileSync(join(root, "Pulumi.alice.yaml"), "config:\n  nitro:bootstrap: manual\n  nitro:service:\n    binary: payments\n");
});

afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(root, { recursive: true, force: true });
});

/** How often something was read since the last look. */
function reads() {
  const file = join(root, "trace");
  const lines = existsSync(file) ? readFileSync(file, "utf8").split("\n") : [];
  rmSync(file, { force: true });
  const count = (what: string) => lines.filter((line) => line.endsWith(what)).length;
  return { file: count("settings file read"), checks: count("settings checked"), executable: count("executable read") };
}

async function prepare(options: PrepareOptions, config: Record<string, string> = {}) {
  await recordResources("alice", true, () => {});
  pulumi.runtime.setAllConfig(config);
  return await prepareStack(root, options);
}

test("the program takes what a command has read, and reads nothing again", async () => {
  const { forProgram } = await configure("alice", { root, env: process.env });
  expect(reads()).toEqual({ file: 1, checks: 1, executable: 1 });
  const { settings, executable } = await prepare({ configuration: forProgram });
  expect(reads()).toEqual({ file: 0, checks: 0, executable: 0 });
  expect(settings.bootstrap).toBe("manual");
  expect(await executable).toMatchObject({ sha256: forProgram?.executable?.sha256 });
});

test("run by plain pulumi it reads everything once, from what pulumi hands to it", async () => {
  const { settings } = await prepare({}, { "nitro:service": '{"binary":"payments"}' });
  expect(reads()).toEqual({ file: 0, checks: 1, executable: 1 });
  expect(settings.bootstrap).toBe("auto");
});

test("what pulumi has decrypted stays secret, and what is beside it in the same key", async () => {
  await recordResources("alice", true, () => {});
  const config = { "nitro:service": '{"env":{"TOKEN":"x"},"binary":"payments"}', "nitro:worker": '{"env":{"MODE":"x"}}' };
  pulumi.runtime.setAllConfig(config, ["nitro:service"]);
  const { programs } = await prepareStack(root);
  const secret = async (value: pulumi.Input<string> | undefined) => pulumi.isSecret(pulumi.output(value));
  expect([await secret(programs.service.env.TOKEN), await secret(programs.worker.env.MODE)]).toEqual([true, false]);
});

test("an engine elsewhere cannot mount what is here", async () => {
  vi.stubEnv("DOCKER_HOST", "tcp://127.0.0.1:1");
  const config = { "nitro:worker": `{"files":["${root}:/etc/x"]}`, "nitro:service": '{"binary":"payments"}' };
  chmodSync(root, 0o755);
  await expect(prepare({}, config)).rejects.toThrow(
    /^nitro:worker\.files names files of this machine, and the container engine is another one's/,
  );
});

test("an executable that comes later stands in for the one that the settings name", async () => {
  await prepare({ executable: new Promise(() => {}) }, { "nitro:service": '{"binary":"payments"}' });
  expect(reads()).toEqual({ file: 0, checks: 1, executable: 0 });
});

test("what was read for any engine has to fit the one that is there", async () => {
  writeFileSync(join(root, "payments"), elf({ machine: thisMachine === 62 ? 183 : 62 }));
  const { forProgram } = await configure("alice", { root, env: process.env });
  await expect(prepare({ configuration: forProgram })).rejects.toThrow(/^executable payments: it is for \w+, the container engine runs/);
});

test("the problems of settings and executable are told together", async () => {
  const wrong = prepare({}, { "nitro:service": '{"binary":"none"}', "nitro:bootstrap": "atuo" });
  await expect(wrong).rejects.toThrow(/has 2 problems:\n.*nitro:bootstrap.*\n.*executable none: there is no such file/);
});
