import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { configure } from "../../automation/configured.ts";
import { previewFromEmpty } from "../../automation/preview-run.ts";
import { Stack } from "../../automation/stack.ts";
import type { Context } from "../../common/context.ts";
import { pulumiBin } from "../../toolchain/environment.ts";

// A shell script in pulumi's place writes down what it is given, and fails: nothing after `stack init` is of interest.
let root = "";
let context: Context;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "nitro-from-empty-"));
  const env = { NITRO_HOME: join(root, "home"), DOCKER_HOST: `unix://${root}/nowhere`, HOME: root, PATH: "/usr/bin:/bin" };
  const bin = pulumiBin(env);
  await mkdir(bin, { recursive: true });
  await writeFile(
    join(bin, "pulumi"),
    `#!/bin/sh\nenv > ${root}/env\ncp Pulumi.alice.yaml ${root}/given\necho "error: as asked" >&2\nexit 1\n`,
  );
  await chmod(join(bin, "pulumi"), 0o755);
  const { signal } = new AbortController();
  const { stdin, stdout, stderr } = process;
  context = { env, cwd: root, root, stdin, stdout, stderr, signal, kill: signal };
});

afterEach(() => rm(root, { recursive: true, force: true }));

async function environmentFor(settings: string): Promise<string[]> {
  await writeFile(join(root, "Pulumi.alice.yaml"), settings);
  const configured = await configure("alice", context, { files: [] });
  const preview = previewFromEmpty({ stack: new Stack("alice", context), configured, blueprint: false, context });
  await expect(preview).rejects.toThrow("as asked");
  expect(await readFile(join(root, "given"), "utf8")).toBe(settings);
  return (await readFile(join(root, "env"), "utf8")).split("\n");
}

test("settings with the salt of a stack that is gone are read with the passphrase that it had", async () => {
  const seen = await environmentFor("encryptionsalt: v1:abc=:v1:def:ghi==\nconfig:\n  nitro:bootstrap: manual\n");
  expect(seen).toContain(`PULUMI_CONFIG_PASSPHRASE_FILE=${join(root, "home", "passphrase")}`);
  expect(seen.filter((line) => line.startsWith("PULUMI_CONFIG_PASSPHRASE="))).toEqual([]);
  expect(seen).not.toContain(`PULUMI_BACKEND_URL=file://${join(root, "home", "backend")}`);
});

test("settings without one need no passphrase of anybody", async () => {
  expect(await environmentFor("config:\n  nitro:bootstrap: manual\n")).toContain("PULUMI_CONFIG_PASSPHRASE=nothing is kept");
});
