import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { declareCommand } from "../../cli/core/command.ts";
import { stackOption } from "../../cli/core/declaration.ts";
import type { Context } from "../../common/context.ts";
import { Engine } from "../../docker/engine.ts";
import { isRemote } from "../../docker/remote.ts";
import { engineVariables, stackEngineVariables } from "../../model/stack-engine.ts";

let root: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "nitro-engine-of-"));
});

afterEach(() => rmSync(root, { recursive: true, force: true }));

const settings = (text: string) => writeFileSync(join(root, "Pulumi.alice.yaml"), text);

test("a stack's settings name its engine, and where its certificates are", async () => {
  settings("config:\n  docker:host: tcp://build1:2376\n  docker:certPath: ./certs\n  nitro:bootstrap: manual\n");
  const variables = { DOCKER_HOST: "tcp://build1:2376", DOCKER_CERT_PATH: join(root, "certs"), DOCKER_TLS_VERIFY: "1" };
  expect(await stackEngineVariables(root, "alice")).toEqual(variables);
  expect(Engine.connect(variables).environment()).toEqual(variables);
});

test.each(["", "config:\n  nitro:bootstrap: manual # docker\n", "config: [docker:host", "docker:host"])(
  "settings %j name none",
  async (text) => {
    settings(text);
    expect(await stackEngineVariables(root, "alice")).toEqual({});
  },
);

test("a stack that a swarm runs publishes nothing, also where its engine is reached by a socket", async () => {
  settings("config:\n  nitro:runtime: swarm\n");
  const variables = await stackEngineVariables(root, "alice");
  expect(isRemote(Engine.connect({ DOCKER_HOST: "unix:///run/x.sock", ...variables }))).toBe(true);
  settings("config:\n  nitro:runtime: container\n");
  expect(isRemote(Engine.connect({ DOCKER_HOST: "unix:///run/x.sock", ...(await stackEngineVariables(root, "alice")) }))).toBe(false);
});

test("a stack without settings has none", async () => {
  expect(await stackEngineVariables(root, "bob")).toEqual({});
});

test("an encrypted one is refused by name", () => {
  expect(() => engineVariables({ "docker:host": { secure: "v1:x" } }, root)).toThrow("docker:host has to be plain text, and it is not");
});

test("a command about a stack talks to the engine of its settings, whatever the environment says; one about none does not", async () => {
  settings("config:\n  docker:host: ssh://alice@build1\n");
  const hosts: string[] = [];
  const run = async (_given: object, { env }: Context) => hosts.push(Engine.connect(env).host);
  const of = declareCommand({ options: stackOption, run });
  const other = declareCommand({ run });
  for (const [command, args] of [
    [of, ["-s", "alice"]],
    [of, ["-s", "bob"]],
    [other, []],
  ] as const) {
    const env = { DOCKER_HOST: "unix:///elsewhere.sock" };
    await command.run(args, { env, root } as unknown as Context);
  }
  expect(hosts).toEqual(["ssh://alice@build1", "unix:///elsewhere.sock", "unix:///elsewhere.sock"]);
});
