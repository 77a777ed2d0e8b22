import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Command } from "../../cli/core/command.ts";
import { command as down } from "../../cli/down.ts";
import { command as login } from "../../cli/login.ts";
import { command as pay } from "../../cli/pay/pay.ts";
import { command as preview } from "../../cli/preview.ts";
import { command as swap } from "../../cli/swap/swap.ts";
import { command as up } from "../../cli/up.ts";
import { command as wait } from "../../cli/wait/wait.ts";
import { command as watch } from "../../cli/watch/watch.ts";
import type { Context } from "../../common/context.ts";

// A project that holds nothing but settings, on a machine where nothing is set up and no engine answers.
let project = "";
let context: Context;
const settings = "config:\n  nitro:bootstrp: manual\n  nitro:service:\n    binary: none\n";
const problem = /nitro:bootstrp is not a setting.*did you mean bootstrap/;

beforeEach(() => {
  project = mkdtempSync(join(tmpdir(), "nitro-settings-first-"));
  writeFileSync(join(project, "Pulumi.alice.yaml"), settings);
  const env = { NITRO_HOME: join(project, "home"), DOCKER_HOST: `unix://${project}/nowhere`, HOME: project, PATH: "" };
  const { signal } = new AbortController();
  const { stdin, stdout, stderr } = process;
  context = { env, cwd: project, root: project, stdin, stdout, stderr, signal, kill: signal };
});

afterEach(() => rmSync(project, { recursive: true, force: true }));

const cases: readonly (readonly [name: string, command: Command, args: readonly string[]])[] = [
  ["up", up, []],
  ["up --bootstrap", up, ["--bootstrap", "manual"]],
  ["swap", swap, []],
  ["swap --previous", swap, ["--previous"]],
  ["watch", watch, ["--binary", "other"]],
  ["preview", preview, []],
  ["preview --blueprint", preview, ["--blueprint"]],
  ["preview --settings", preview, ["--settings", "Pulumi.alice.yaml"]],
  ["pay", pay, []],
  ["login", login, ["--profile", "alice"]],
  ["wait", wait, ["--build"]],
];

test.each(cases)("%s tells of a wrong setting before anything else, and changes nothing", async (_name, command, args) => {
  await expect(command.run(["-s", "alice", ...args], context)).rejects.toThrow(problem);
  expect(readdirSync(project)).toEqual(["Pulumi.alice.yaml"]);
  expect(readFileSync(join(project, "Pulumi.alice.yaml"), "utf8")).toBe(settings);
});

test.each([
  ["up", up],
  ["swap", swap],
  ["preview", preview],
])("%s tells of the executable with it", async (_name, command) => {
  await expect(command.run(["-s", "alice"], context)).rejects.toThrow(
    /has 2 problems:\n.*bootstrp.*\n.*executable none: there is no such file/,
  );
  const given = command.run(["-s", "alice", "--binary", "given"], context);
  await expect(given).rejects.toThrow(/has 2 problems:\n.*bootstrp.*\n.*executable given: there is no such file/);
});

test("what a command line changes is checked with what is there, before it is written", async () => {
  const image = "config:\n  nitro:service:\n    image: team/payments:1\n";
  writeFileSync(join(project, "Pulumi.alice.yaml"), image);
  await expect(up.run(["-s", "alice", "--binary", "given"], context)).rejects.toThrow("allowed is one of binary and image, not both");
  expect(readFileSync(join(project, "Pulumi.alice.yaml"), "utf8")).toBe(image);
});

test("down needs no settings", async () => {
  const written: string[] = [];
  const stdout = Object.assign(Object.create(process.stdout), { write: (text: string) => written.push(text) });
  expect(await down.run(["-s", "alice", "--yes"], { ...context, stdout })).toBe(0);
  expect(written).toEqual(['there is no stack "alice": nothing to remove\n']);
});
