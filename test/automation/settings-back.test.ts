import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { applySettings } from "../../automation/apply.ts";
import { Stack } from "../../automation/stack.ts";
import type { Context } from "../../common/context.ts";
import { InterruptedError } from "../../common/errors.ts";
import { Progress } from "../../common/progress.ts";
import { SettingsFile, settingsPath } from "../../model/settings-file.ts";
import { pulumiBin } from "../../toolchain/environment.ts";

const before = "config:\n  nitro:service:\n    binary: /tmp/old\n";
const after = before.replace("old", "new");

const type = "docker:index/container:Container";
const urn = `urn:pulumi:alice::nitro::${type}::service-container`;
const state = { type, urn, custom: true, id: "1", parent: "", inputs: { name: "nitro-alice-service" }, outputs: {}, provider: "" };
const metadata = { op: "create-replacement", urn, type, provider: "", new: state };
const change = JSON.stringify({ sequence: 1, timestamp: 1, resourcePreEvent: { metadata } });
const refusal = JSON.stringify({ sequence: 1, timestamp: 1, diagnosticEvent: { message: "no", color: "raw", severity: "error" } });

let root = "";
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "nitro-settings-back-"));
  await writeFile(settingsPath(root, "alice"), before);
});
afterEach(() => rm(root, { recursive: true, force: true }));

/**
 * An update by a script in pulumi's place: what counts is what it says before it ends.
 * @returns how it ended, and the settings afterwards
 */
async function update(script: string | undefined, { stopped = false } = {}): Promise<{ error: unknown; text: string }> {
  const env = { PATH: "/usr/bin:/bin", NITRO_HOME: join(root, "home"), HOME: root };
  if (script !== undefined) {
    const file = join(pulumiBin(env), "pulumi");
    await mkdir(pulumiBin(env), { recursive: true });
    await writeFile(file, `#!/bin/sh\n${script}\n`);
    await chmod(file, 0o755);
  }
  const stop = new AbortController();
  if (stopped) stop.abort();
  // The script tells that it waits to be stopped.
  const stderr = { write: (text: string) => void (text.includes("begun") && stop.abort()), isTTY: false } as unknown as NodeJS.WriteStream;
  const { stdin, stdout } = process;
  const context: Context = { env, cwd: root, root, stdin, stdout, stderr, signal: stop.signal, kill: new AbortController().signal };
  const file = await SettingsFile.read(settingsPath(root, "alice"), { "service.binary": "/tmp/new" });
  const ended = applySettings(new Stack("alice", context), file, {}, new Progress(stderr), context);
  const error = await ended.catch((reason: unknown) => reason);
  return { error, text: await readFile(file.path, "utf8") };
}

const untilStopped = `trap 'kill $!; exit 130' INT
sleep 300 &
echo '${JSON.stringify({ sequence: 2, timestamp: 2, diagnosticEvent: { message: "begun", color: "raw", severity: "info" } })}'
wait`;

test.each([
  ["an update that was stopped before its pulumi began", undefined, { stopped: true }],
  ["an update that was stopped before it changed anything", untilStopped, {}],
])("%s leaves the settings as they were", async (_, script, how) => {
  const { error, text } = await update(script, how);
  expect(error).toBeInstanceOf(InterruptedError);
  expect(text).toBe(before);
});

test.each([
  ["there is no pulumi", undefined, "there is no pulumi on this machine yet"],
  ["the program refused", `echo '${refusal}'; exit 255`, "no"],
])("where %s the settings are as they were", async (_, script, message) => {
  const { error, text } = await update(script);
  expect(error).toMatchObject({ message });
  expect(text).toBe(before);
});

test.each([
  ["stopped", `echo '${change}'\n${untilStopped}`],
  ["failed", `echo '${change}'; echo '${refusal}'; exit 255`],
  ["well", `echo '${change}'`],
])("once a part was being replaced the settings stay (%s)", async (_, script) => {
  expect((await update(script)).text).toBe(after);
});
