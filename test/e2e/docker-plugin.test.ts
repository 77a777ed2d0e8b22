import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createRequire } from "node:module";
import { join } from "node:path";
import type { Client, ServiceError } from "@grpc/grpc-js";
import { afterAll, beforeAll, expect, test } from "vitest";
import { stackContainer } from "../../components/container.ts";
import type { PartContext } from "../../components/part-context.ts";
import { stackNames } from "../../model/names.ts";
import { replacedInputs } from "../../model/replaced-inputs.ts";
import { pluginFolder } from "../../toolchain/home.ts";
import { pins } from "../../toolchain/pins.ts";
import { recordResources, resolved } from "../components/recorder.ts";

// Asks the pinned docker plugin what it does about a change of each input of our containers. It needs no engine for that.

/** Really changed in place: the engine's "update a container", and what only Pulumi itself uses. */
const updated = ["restart", "destroyGraceSeconds"];

interface Difference {
  getReplacesList(): string[];
  getDiffsList(): string[];
}

const require = createRequire(import.meta.url);
const sdk = createRequire(require.resolve("@pulumi/pulumi"));
const messages = sdk("@pulumi/pulumi/proto/provider_pb.js") as Record<string, new () => Record<string, (value: unknown) => void>>;
const { Struct } = sdk("google-protobuf/google/protobuf/struct_pb.js") as { Struct: { fromJavaScript(value: object): unknown } };

const urn = "urn:pulumi:alice::nitro::docker:index/container:Container::service-container";
let plugin: ChildProcess;
let client: Client & Record<string, (request: unknown, done: (error: ServiceError | null, answer: unknown) => void) => void>;
let inputs: Record<string, unknown>;

beforeAll(async () => {
  const program = join(pluginFolder(process.env, "docker", pins.plugins.docker.version), "pulumi-resource-docker");
  plugin = spawn(program, ["127.0.0.1:1"], { stdio: ["ignore", "pipe", "ignore"] });
  const [port] = (await once(plugin.stdout as NodeJS.ReadableStream, "data")) as [Buffer];
  const { ResourceProviderClient } = sdk("@pulumi/pulumi/proto/provider_grpc_pb.js") as {
    ResourceProviderClient: new (...args: unknown[]) => typeof client;
  };
  const grpc = sdk("@grpc/grpc-js") as typeof import("@grpc/grpc-js");
  client = new ResourceProviderClient(`127.0.0.1:${String(port).trim()}`, grpc.credentials.createInsecure());
  await call("configure", "ConfigureRequest", { Args: Struct.fromJavaScript({ host: "unix:///nobody.sock" }) });
  const context = { names: stackNames("alice"), labels: () => [{ label: "nitro.role", value: "service" }] } as unknown as PartContext;
  const all = {
    role: "service",
    image: "sha256:0",
    entrypoint: ["nitro-run"],
    command: ["serve"],
    environment: { A: "b" },
    check: { command: ["true"] },
    publish: { inner: 80, port: 21_000 },
    memory: 64,
    workingDir: "/app",
    aliases: ["another"],
    volumes: [{ volume: "v", path: "/v" }],
    folders: [{ host: "/h", path: "/f" }],
    lowPort: true,
    tmpfs: { "/scratch": "size=1m" },
    ulimits: [{ name: "nofile", soft: 1024, hard: 65536 }],
  } as const;
  const [container] = await recordResources("alice", false, async () => {
    const args = { ...all, folders: [...all.folders], entrypoint: [...all.entrypoint], command: [...all.command] };
    await resolved(stackContainer(context, args, {}).id);
  });
  inputs = { ...container?.inputs };
});

afterAll(() => {
  client.close();
  plugin.kill();
});

function call<T>(method: string, kind: string, fields: Readonly<Record<string, unknown>>): Promise<T> {
  const message = new (messages[kind] as (typeof messages)[string])();
  for (const [name, value] of Object.entries(fields)) message[`set${name}`]?.(value);
  return new Promise((resolve, reject) => {
    client[method]?.(message, (error, answer) => (error === null ? resolve(answer as T) : reject(error)));
  });
}

async function checked(news: object, olds: unknown = Struct.fromJavaScript({})): Promise<unknown> {
  const answer = await call<{ getInputs(): unknown }>("check", "CheckRequest", { Urn: urn, News: Struct.fromJavaScript(news), Olds: olds });
  return answer.getInputs();
}

async function difference(news: object): Promise<Difference> {
  const olds = await checked(inputs);
  return await call("diff", "DiffRequest", { Id: "0", Urn: urn, Olds: olds, OldInputs: olds, News: await checked(news, olds) });
}

/** Values of the same shape, each with one part of it changed: the plugin treats some parts of an input otherwise than the rest. */
function others(value: unknown): unknown[] {
  if (typeof value === "string") return [/^\d+(s|m|m0s)$/.test(value) ? "77s" : `${value}x`];
  if (typeof value === "number") return [value + 1];
  if (typeof value === "boolean") return [!value];
  if (Array.isArray(value)) return value.flatMap((each, index) => others(each).map((other) => value.with(index, other)));
  return Object.entries(value as object).flatMap(([name, each]) => others(each).map((other) => ({ ...(value as object), [name]: other })));
}

test("every input of a container is changed by another container, or really in place", async () => {
  // What differs without a change: the state here lacks what the provider adds when it makes a container.
  const always = (await difference(inputs)).getReplacesList();
  expect(Object.keys(inputs).filter((name) => always.includes(name))).toEqual([]);
  const inPlace: string[] = [];
  for (const [name, value] of Object.entries(inputs)) {
    for (const other of others(value)) {
      const found = await difference({ ...inputs, [name]: other });
      expect(found.getDiffsList(), name).toContain(name);
      if (!found.getReplacesList().includes(name)) inPlace.push(name);
    }
  }
  expect([...new Set(inPlace)].sort()).toEqual([...updated, ...replacedInputs].sort());
});
