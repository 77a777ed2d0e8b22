import { randomBytes } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Engine } from "../../docker/engine.ts";
import type { Arch } from "../../docker/types.ts";
import {
  type ExecutableImage,
  ensureExecutableImage,
  plannedExecutableImage,
  pruneExecutableImages,
  removeExecutableImages,
} from "../../executable/layer.ts";
import { readServiceImage } from "../../executable/service-image.ts";
import { ensureImages, imageRefs } from "../../images/build.ts";
import { contextTar } from "../../images/context.ts";
import { labels } from "../../model/names.ts";
import { buildEmpty } from "./build-sample.ts";

const engine = Engine.connect();
const stack = `e2e-image-${randomBytes(3).toString("hex")}`;
const owner = randomBytes(8).toString("hex");
const team = `localhost/nitro-test/${stack}`;
const scratch = mkdtempSync(join(tmpdir(), "nitro-e2e-image-"));
let arch: Arch;
let base: string;
let program: Buffer;

beforeAll(async () => {
  arch = (await engine.ping()).arch;
  const refs = imageRefs(arch);
  base = refs.base;
  await ensureImages(engine, { base });
  program = readFileSync(await buildEmpty(join(scratch, "empty"), "linux", arch));
});

afterAll(async () => {
  await removeExecutableImages(engine, stack, owner);
  for (const { id } of await engine.images.list({ "nitro.test": stack })) await engine.images.remove(id, { force: true });
  rmSync(scratch, { recursive: true, force: true });
});

const image = (sha256: string): ExecutableImage => {
  return { stack, owner, base, sha256, read: async () => Buffer.from(sha256), builtAt: new Date(1e12) };
};
const sums = Array.from({ length: 6 }, (_, index) => String(index).repeat(64));
const present = async () => new Set((await engine.images.list({ [labels.stack]: stack, [labels.owner]: owner })).map(({ id }) => id));

test("an executable becomes a layer once; a plan finds it and builds nothing", async () => {
  const [sum = ""] = sums;
  const planned = await plannedExecutableImage(engine, image(sum));
  expect(planned).toMatch(new RegExp(`^localhost/nitro/payments-${stack}:[0-9a-f]{16}$`));
  expect(await present()).toEqual(new Set());
  const id = await ensureExecutableImage(engine, image(sum));
  expect(await ensureExecutableImage(engine, image(sum))).toBe(id);
  expect(await plannedExecutableImage(engine, image(sum))).toBe(id);
  expect(await present()).toEqual(new Set([id]));
  expect((await engine.images.inspect(planned))?.labels).toMatchObject({ "nitro.image": "payments", [labels.executable]: sum });
});

test("the newest few stay, and what a container uses or is about to", async () => {
  const ids: string[] = [];
  for (const sum of sums) {
    ids.push(await ensureExecutableImage(engine, image(sum)));
    // The engine tells the age of an image in whole seconds.
    await new Promise((resolve) => setTimeout(resolve, 1100));
  }
  await engine.create(`${stack}-user`, { image: ids[1] ?? "", command: ["none"] });
  try {
    await pruneExecutableImages(engine, stack, owner, new Set([ids[0] ?? ""]));
    expect(await present()).toEqual(new Set([0, 1, 3, 4, 5].map((index) => ids[index])));
  } finally {
    await engine.removeContainer(`${stack}-user`, { force: true });
  }
});

/** Builds a team's image. @param lines of its Dockerfile after FROM */
async function teamImage(tag: string, lines: readonly string[], from = base): Promise<string> {
  const files = [
    { name: "Dockerfile", content: Buffer.from([`FROM ${from}`, ...lines].join("\n")) },
    { name: "payments", content: program, mode: 0o755 },
    { name: "private", content: program, mode: 0o700 },
    { name: "script", content: Buffer.from("#!/bin/sh\n"), mode: 0o755 },
  ];
  await engine.build(contextTar(files), { tag: `${team}:${tag}`, labels: { "nitro.test": stack } });
  return `${team}:${tag}`;
}

test("a team's image is read: id, entry point and the executable's own hash, found through the search path and links", async () => {
  const lines = ["USER root", "COPY payments /opt/payments", "RUN ln -s ../../opt/payments /usr/bin/payments", 'ENTRYPOINT ["payments"]'];
  const ref = await teamImage("linked", lines);
  const found = await readServiceImage(engine, ref, arch, []);
  expect(found.id).toBe((await engine.images.inspect(ref))?.id);
  expect(found.entrypoint).toEqual(["/usr/bin/payments"]);
  expect(found.sha256).toBe((await readServiceImage(engine, found.id, arch, [])).sha256);
  const known = { imageId: found.id, labels: { [labels.executable]: "known", [labels.program]: "/there" } };
  expect(await readServiceImage(engine, ref, arch, [known])).toEqual({ id: found.id, entrypoint: ["/there"], sha256: "known" });
  expect((await engine.containers({ labels: { "nitro.look": "" }, all: true })).map(({ name }) => name)).toEqual([]);
});

test("an image that is not there, or cannot be run, says why and what to do", async () => {
  const problem = (ref: string, wanted: Arch = arch) =>
    readServiceImage(engine, ref, wanted, []).then(String, (error: Error) => error.message);
  const absent = `${team}:absent`;
  expect(await problem(absent)).toContain(`has no such image; bring it there with: docker pull ${absent}`);
  const ref = await teamImage("plain", ["COPY payments /payments-program", 'ENTRYPOINT ["/payments-program"]']);
  const other = arch === "arm64" ? "amd64" : "arm64";
  expect(await problem(ref, other)).toContain(
    `image ${ref} (setting service.image): it is for ${arch}, the container engine runs ${other}; build it with: docker build --platform linux/${other}`,
  );
  expect(await problem(await teamImage("gone", ['ENTRYPOINT ["/nowhere"]']))).toContain("its entry point /nowhere is not in it");
  expect(await problem(await teamImage("script", ["COPY script /script", 'ENTRYPOINT ["/script"]']))).toContain("it is a script");
  expect(await problem(await teamImage("mode", ["COPY private /private", 'ENTRYPOINT ["/private"]']))).toContain(
    "/private may not be executed by uid 1000",
  );
  expect(await problem(await teamImage("bare", ["COPY payments /p", 'ENTRYPOINT ["/p"]'], "scratch"))).toContain("it has no /bin/sh");
});
