import { randomBytes } from "node:crypto";
import { text } from "node:stream/consumers";
import { afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { Engine } from "../../docker/engine.ts";
import type { Arch } from "../../docker/types.ts";
import { ensureDebian } from "../../images/debian.ts";
import { Registry } from "./registry.ts";

// Debian's image from a registry, by the real engine. Where none has it, Debian is made by debootstrap: the images of this machine are.

const engine = Engine.connect();
let name: string;
let ref: string;
let file: { readonly name: string; readonly content: string };
let arch: Arch;
let registry: Registry;
let host: string;
let pinned: string;

beforeAll(async () => {
  ({ arch } = await engine.ping());
});

// What an engine has, it does not pull: every test has content of its own.
beforeEach(async () => {
  name = `nitro-test-${randomBytes(6).toString("hex")}`;
  ref = `localhost/nitro/test:${name}`;
  file = { name: "which", content: `the pinned one of ${name}` };
  registry = new Registry();
  host = await registry.start();
  pinned = await registry.push("trixie-slim", arch, file);
});

afterEach(async () => {
  await registry.stop();
  await engine.removeContainer(name, { force: true });
  for (const image of [ref, `${host}/debian@${pinned}`]) await engine.images.remove(image, { force: true });
});

/** As if the engine were of another architecture than this machine: it can only be pulled then. */
function pullOnly(image: string): Promise<void> {
  const pins = { suite: "trixie", image };
  const foreign = process.arch === "arm64" ? "amd64" : "arm64";
  return ensureDebian({ engine, ref, pins, arch: foreign, env: process.env, report: () => undefined });
}

test("what the pinned digest names is pulled, wherever the tag has moved; no tag of the user's is made", async () => {
  expect(await registry.push("trixie-slim", arch, { ...file, content: "a newer one" })).not.toBe(pinned);
  await pullOnly(`${host}/debian:trixie-slim@${pinned}`);
  await engine.create(name, { image: ref, command: ["none"] });
  expect(await text(await engine.archive(name, "/which"))).toContain(file.content);
  expect(await engine.imageExists(`${host}/debian:trixie-slim`)).toBe(false);
  expect(registry.calls.filter((call) => call.endsWith("/manifests/trixie-slim"))).toEqual([]);
});

test.each([
  ["has it not", async () => registry.forget(pinned)],
  [
    "has something else under its digest",
    async () => registry.swapContent(pinned, await registry.push("other", arch, { ...file, content: "x" })),
  ],
  [
    "does not answer",
    async () => {
      registry.silent = true;
    },
  ],
])("a registry that %s is none", async (_, prepare) => {
  await prepare();
  await expect(pullOnly(`${host}/debian:trixie-slim@${pinned}`)).rejects.toThrow(/: no registry answers, and Debian for /);
  expect(await engine.imageExists(ref)).toBe(false);
});
