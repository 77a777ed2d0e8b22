import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { command as down } from "../../cli/down.ts";
import type { Context } from "../../common/context.ts";

// No engine answers here, and the backend is an empty folder.
let folder = "";
let said = "";

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "nitro-down-"));
  said = "";
});

afterEach(() => rm(folder, { recursive: true, force: true }));

async function remove(...options: readonly string[]): Promise<number> {
  const env = { NITRO_HOME: join(folder, "home"), DOCKER_HOST: `unix://${folder}/engine.sock`, HOME: folder, PATH: "" };
  const { signal } = new AbortController();
  const stdout = {
    write: (text: string) => {
      said += text;
      return true;
    },
  };
  const { stdin, stderr } = process;
  const context = { env, cwd: folder, root: folder, stdin, stdout, stderr, signal, kill: signal } as unknown as Context;
  return await down.run(["-s", "alice", "--yes", ...options], context);
}

describe("settings of a stack that is not there", () => {
  const settings = () => join(folder, "Pulumi.alice.yaml");
  const left = "encryptionsalt: v1:abc=:v1:def:ghi==\nconfig:\n  nitro:bootstrap: manual\n";

  test("are removed where a former down has left them", async () => {
    await writeFile(settings(), left);
    expect(await remove()).toBe(0);
    expect([existsSync(settings()), said]).toEqual([false, 'the settings that stack "alice" left are gone: Pulumi.alice.yaml\n']);
    said = "";
    expect([await remove(), said]).toEqual([0, 'there is no stack "alice": nothing to remove\n']);
  });

  test("stay where they are to be kept again", async () => {
    await writeFile(settings(), left);
    expect([await remove("--keep-settings"), existsSync(settings())]).toEqual([0, true]);
  });

  test("stay where they were written for a stack to come", async () => {
    await writeFile(settings(), "config:\n  nitro:bootstrap: manual\n");
    expect([await remove(), existsSync(settings()), said]).toEqual([0, true, 'there is no stack "alice": nothing to remove\n']);
  });
});
