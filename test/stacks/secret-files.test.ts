import { text } from "node:stream/consumers";
import { extract, type Header, pack } from "tar-stream";
import { expect, test } from "vitest";
import type { ContainerSpec, ContainerSummary, Engine } from "../../docker/engine.ts";
import { EngineError } from "../../docker/error.ts";
import { secretFiles, secretsMark } from "../../stacks/secret-files.ts";

const file = { role: "redis", image: "sha256:r", volume: "nitro-alice-redis", folder: "/data", content: "requirepass hunter2\n" } as const;

interface Unpacked {
  readonly header: Header;
  readonly content: string;
}

/** An engine that notes what it is told; its containers hold one file, where it is there. */
function engineWith(there: string | undefined) {
  const calls: string[] = [];
  let spec: ContainerSpec | undefined;
  const unpacked: Unpacked[] = [];
  const engine: Pick<Engine, "create" | "unpack" | "archive" | "removeContainer"> = {
    create: async (_name, given) => {
      calls.push("create");
      spec = given;
      return "helper";
    },
    unpack: async (name, path, tar) => {
      calls.push(`unpack into ${name} ${path}`);
      if (Buffer.isBuffer(tar)) throw new Error("not a stream");
      for await (const entry of tar.pipe(extract())) unpacked.push({ header: entry.header, content: await text(entry) });
    },
    archive: async (name, path) => {
      calls.push(`read ${name} ${path}`);
      if (there === undefined) throw new EngineError("no such path", 404);
      const tar = pack();
      tar.entry({ name: ".secrets" }, there);
      tar.finalize();
      return tar as unknown as Awaited<ReturnType<Engine["archive"]>>;
    },
    removeContainer: async (name) => {
      calls.push(`remove ${name}`);
    },
  };
  return { engine, calls, spec: () => spec, unpacked };
}

const container = (mark: string): ContainerSummary =>
  ({ id: "c1", name: "nitro-alice-redis", labels: { "nitro.role": "redis", "nitro.secrets": mark } }) as unknown as ContainerSummary;
const stack = { stack: "alice", owner: "me", trusting: false };
const putCalls = ["create", "unpack into helper /data", "remove helper"];

test("the file is put by a container that never runs, with the image and the folder of the one that reads it", async () => {
  const { engine, calls, spec, unpacked } = engineWith(undefined);
  expect(await secretFiles({ ...stack, engine, before: [] })(file)).toBe(secretsMark(file));
  expect(calls).toEqual(putCalls);
  expect(spec()).toMatchObject({ image: "sha256:r", binds: ["nitro-alice-redis:/data"], network: "none" });
  expect(JSON.stringify(spec())).not.toContain("hunter2");
  // For the user of the container and nobody else.
  expect(unpacked).toMatchObject([{ header: { name: ".secrets", mode: 0o600, uid: 1000, gid: 1000 }, content: file.content }]);
});

test.each([
  ["is there", file.content, ["read c1 /data/.secrets"]],
  ["is another one", "requirepass other\n", ["read c1 /data/.secrets", ...putCalls]],
  ["is gone", undefined, ["read c1 /data/.secrets", ...putCalls]],
])("a container has its file already: the file %s", async (_, there, expected) => {
  const { engine, calls } = engineWith(there);
  await secretFiles({ ...stack, engine, before: [container(secretsMark(file))] })(file);
  expect(calls).toEqual(expected);
});

test("other secrets are put at once, before the container that reads them", async () => {
  const { engine, calls } = engineWith(file.content);
  await secretFiles({ ...stack, engine, before: [container("of another")] })(file);
  expect(calls).toEqual(putCalls);
});

test("a swap asks the engine nothing where labels say that nothing differs", async () => {
  const { engine, calls } = engineWith(undefined);
  await secretFiles({ ...stack, trusting: true, engine, before: [container(secretsMark(file))] })(file);
  expect(calls).toEqual([]);
  await secretFiles({ ...stack, trusting: true, engine, before: [] })(file);
  expect(calls).toEqual(putCalls);
});

test("a mark tells place and content apart, and holds neither", () => {
  const marks = [file, { ...file, volume: "v" }, { ...file, folder: "/x" }, { ...file, content: "requirepass x\n" }].map(secretsMark);
  expect(new Set(marks).size).toBe(4);
  for (const mark of marks) expect(mark).toMatch(/^[0-9a-f]{64}$/);
});
