import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { mayBePreviewed, mustBeKnown, mustNotRun } from "../../automation/lost-state.ts";
import { Stack } from "../../automation/stack.ts";
import { beginSwap } from "../../automation/swap.ts";
import { command as outputs } from "../../cli/outputs.ts";
import type { Context } from "../../common/context.ts";
import { UserError } from "../../common/errors.ts";
import { Progress } from "../../common/progress.ts";
import { type ContainerSummary, Engine } from "../../docker/engine.ts";
import { containerName, labels } from "../../model/names.ts";
import { parseSettings, type RawSettings } from "../../model/settings.ts";
import { ownerId } from "../../toolchain/owner.ts";

// A server in the engine's place, which lists the containers that a test says; the backend is a folder.
let folder = "";
let context: Context;
let server: Server | undefined;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "nitro-lost-"));
  const env = { NITRO_HOME: join(folder, "home"), DOCKER_HOST: `unix://${folder}/engine.sock`, HOME: folder, PATH: "" };
  const { signal } = new AbortController();
  const { stdin, stdout, stderr } = process;
  context = { env, cwd: folder, root: folder, stdin, stdout, stderr, signal, kill: signal };
});

afterEach(async () => {
  server?.closeAllConnections();
  await new Promise((resolve) => (server === undefined ? resolve(undefined) : server.close(resolve)));
  server = undefined;
  await rm(folder, { recursive: true, force: true });
});

interface Listed {
  readonly name: string;
  readonly owner: string;
  readonly state?: string;
}

async function engineHas(...containers: readonly Listed[]): Promise<void> {
  const listed = containers.map(({ name, owner, state = "exited" }) => ({
    Id: name,
    Names: [`/${name}`],
    Image: "nitro",
    State: state,
    Status: "Exited (0)",
    Created: 0,
    Ports: [],
    Labels: { [labels.stack]: "alice", [labels.owner]: owner },
  }));
  server = createServer(({ url = "" }, response) => {
    if (url.includes("/containers/json")) return response.end(JSON.stringify(listed));
    if (url.includes("/version"))
      return response.end(JSON.stringify({ Version: "28.0.0", ApiVersion: "1.48", Arch: "amd64", Os: "linux" }));
    response.end("{}");
  });
  await new Promise<void>((resolve) => server?.listen(join(folder, "engine.sock"), resolve));
}

async function refusal(): Promise<string> {
  const error: unknown = await mustBeKnown(new Stack("alice", context), context).catch((thrown: unknown) => thrown);
  if (!(error instanceof UserError)) throw error;
  return `${error.message}: ${error.hint}`;
}

const unknown = 'there is no stack "alice": ./nitro up -s alice';
const service = containerName("alice", "service");

test("a stack whose containers are there without a state is adopted, not made anew", async () => {
  await engineHas({ name: service, owner: ownerId(context.env) });
  expect(await refusal()).toBe(
    'the state of stack "alice" is not in this backend, while its containers are on the engine: ./nitro adopt -s alice rebuilds it',
  );
  await expect(outputs.run(["-s", "alice"], context)).rejects.toThrow('the state of stack "alice" is not in this backend');
});

test("somebody else's containers, and what is no part of a stack, are none of it", async () => {
  await engineHas({ name: service, owner: "somebody" }, { name: "nitro-alice-secrets", owner: ownerId(context.env) });
  expect(await refusal()).toBe(unknown);
});

test("where no engine answers, there is no such stack", async () => {
  expect(await refusal()).toBe(unknown);
});

test("a stack that the backend knows is fine, with or without an engine", async () => {
  const stacks = join(folder, "home", "backend", ".pulumi", "stacks", "nitro");
  await mkdir(stacks, { recursive: true });
  await writeFile(join(stacks, "alice.json"), JSON.stringify({ version: 3, checkpoint: { latest: { resources: [] } } }));
  await mustBeKnown(new Stack("alice", context), context);
});

async function swapRefusal(): Promise<unknown> {
  const args = { engine: Engine.connect(context.env), stack: new Stack("alice", context), progress: new Progress(context.stderr), context };
  return await beginSwap(args).catch((thrown: unknown) => thrown);
}

test("a swap names adopt where the state alone is lost, and up where nothing is there", async () => {
  expect(await swapRefusal()).toMatchObject({ message: 'stack "alice" is not up', hint: "./nitro up -s alice" });
  await engineHas({ name: service, owner: ownerId(context.env) });
  expect(await swapRefusal()).toMatchObject({ hint: "./nitro adopt -s alice rebuilds it" });
});

test("a preview would be of a new stack where what runs is to be adopted: it names that; without an engine nothing is in its way", async () => {
  const preview = () => mayBePreviewed("alice", parseSettings({}, "alice"), context.env);
  await preview();
  await engineHas({ name: service, owner: ownerId(context.env), state: "running" });
  await expect(preview()).rejects.toMatchObject({ hint: expect.stringMatching(/^\.\/nitro adopt -s alice keeps them/) });
});

test("up does not replace what runs of a stack whose state is lost, but what stands still, or cannot be adopted", async () => {
  const owner = ownerId(context.env);
  const own = { [labels.stack]: "alice", [labels.owner]: owner };
  const part = (state: ContainerSummary["state"], has: Readonly<Record<string, string>> = own, name = service) =>
    ({ id: name, name, state, labels: has }) as ContainerSummary;
  const up = (containers: ContainerSummary[], changes: RawSettings = {}) =>
    mustNotRun({ containers: async () => containers }, { stack: "alice", settings: parseSettings(changes, "alice") }, context.env);
  const refused = up([part("running"), part("exited", own, containerName("alice", "redis"))]);
  await expect(refused).rejects.toThrow('the state of stack "alice" is not in this backend, while 1 of its containers runs');
  await expect(refused).rejects.toMatchObject({ hint: expect.stringMatching(/^\.\/nitro adopt -s alice keeps them/) });
  await up([part("exited"), part("running", { ...own, [labels.owner]: "somebody" }), part("running", own, "nitro-alice-secrets")]);
  await up([part("running")], { "nitro:ledger": '{"mode":"aws"}', "nitro:aws": '{"endpoints":{"qldb":"https://qldb.example.com"}}' });
  await up([part("running")], { "nitro:runtime": "swarm" });
});
