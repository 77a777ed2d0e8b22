import { createHash } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Engine } from "../../docker/engine.ts";
import { ensureImages, type ImageRefs, imageRefs } from "../../images/build.ts";
import { contextTar } from "../../images/context.ts";
import type { StackImageRole } from "../../images/inputs.ts";
import { type Role, stackNames } from "../../model/names.ts";
import { waitFor } from "../../testing/wait-for.ts";
import { buildEnding } from "./build-sample.ts";
import { nitro, root, tryNitro } from "./nitro.ts";
import { Watcher } from "./watcher.ts";

const stack = "e2e-crash-loop";
const settings = join(root, `Pulumi.${stack}.yaml`);
const engine = Engine.connect();
const folder = mkdtempSync(join(tmpdir(), "nitro-crash-loop-"));
const built: string[] = [];
let refs: ImageRefs;

beforeAll(async () => {
  await nitro("down", "-s", stack, "--yes");
  refs = imageRefs((await engine.ping()).arch);
  await ensureImages(engine, refs);
});
afterAll(async () => {
  await nitro("down", "-s", stack, "--yes");
  for (const image of built) await engine.images.remove(image, { force: true });
  rmSync(settings, { force: true });
  rmSync(folder, { recursive: true, force: true });
});

/** Builds an image on one of ours. @returns its name, which is that of its content */
async function imageOn(role: StackImageRole, instructions: string): Promise<string> {
  const dockerfile = `FROM ${refs[role]}\nUSER 0\n${instructions}\nUSER 1000:1000\n`;
  const tag = `e2e-crash-loop/${role}:${createHash("sha256").update(dockerfile).digest("hex").slice(0, 16)}`;
  const tar = await buffer(contextTar([{ name: "Dockerfile", content: Buffer.from(dockerfile) }]));
  await engine.build(tar, { tag });
  built.push(tag);
  return tag;
}

/** Puts a shell script in the place of a program. */
function script(path: string, ...lines: readonly string[]): string {
  const text = ["#!/bin/sh", ...lines].map((line) => `'${line}'`).join(" ");
  return `RUN rm -f ${path} && printf '%s\\n' ${text} > ${path} && chmod 755 ${path}`;
}

function useImages(images: Partial<Record<StackImageRole, string>>): void {
  writeFileSync(settings, JSON.stringify({ config: { "nitro:images": images } }));
}

const restartsOf = async (role: Role) => (await engine.inspect(stackNames(stack).containers[role]))?.restartCount;

/** Does what ends for ever, and says so, after some seconds. */
const node = (program: string) =>
  script(
    "/usr/local/bin/node",
    `case "$*" in *${program}*) sleep 4; echo no room at all >&2; exit 3;; esac`,
    'exec /usr/local/bin/node-itself "$@"',
  );
const wrapped = (program: string) => `RUN mv "$(command -v node)" /usr/local/bin/node-itself\n${node(program)}`;

const broken: readonly { role: Role; image: StackImageRole; instructions: string }[] = [
  { role: "redis", image: "redis", instructions: script("/usr/bin/redis-server", "sleep 4; echo no room at all >&2; exit 3") },
  { role: "localstack", image: "localstack", instructions: 'CMD ["sh", "-c", "sleep 8; echo no room at all >&2; exit 3"]' },
  { role: "ledger", image: "node", instructions: wrapped("ledger.mjs") },
  { role: "key-feeder", image: "node", instructions: wrapped("key-feeder.mjs") },
];

test.each(broken)("$role: up ends when it crashes before it answers, with its exit code and log", async ({ role, image, instructions }) => {
  useImages({ [image]: await imageOn(image, instructions) });
  const { code, stderr } = await tryNitro("up", "-s", stack);
  expect(code).toBe(1);
  expect(stderr).toContain(
    `${role} exited with code 3 before it answered (container nitro-${stack}-${role}); its last log lines:\n  | no room at all`,
  );
  // It was told after the first crash: the engine goes on starting it.
  expect(await restartsOf(role)).toBeLessThanOrEqual(2);
  await nitro("down", "-s", stack, "--yes");
});

test("a part that has answered and crashes while others are waited for ends the update, long before these have waited in vain", async () => {
  const redis = script("/usr/bin/redis-server", '/usr/bin/redis-itself "$@" & sleep 6; echo no room at all >&2; exit 3');
  const feeder = script("/usr/local/bin/node", `case "$*" in *key-feeder*) exec sleep 600;; esac`, 'exec /usr/local/bin/node-itself "$@"');
  useImages({
    redis: await imageOn("redis", `RUN mv /usr/bin/redis-server /usr/bin/redis-itself\n${redis}`),
    node: await imageOn("node", `RUN mv "$(command -v node)" /usr/local/bin/node-itself\n${feeder}`),
  });
  const { code, stderr } = await tryNitro("up", "-s", stack);
  expect(code).toBe(1);
  expect(stderr).toContain(
    `redis crashes again and again: it exited with code 3, and was started again 2 times (container nitro-${stack}-redis)`,
  );
  expect(stderr).toContain("  | no room at all\nkey-feeder, service, worker wait for it.");
  await nitro("down", "-s", stack, "--yes");
});

test("service and worker: swap tells each; watch tells every part", async () => {
  const redis = script(
    "/usr/bin/redis-server",
    '/usr/bin/redis-itself "$@" & while ! [ -e /data/crash ]; do sleep 0.2; done; echo no room at all >&2; exit 3',
  );
  useImages({ redis: await imageOn("redis", `RUN mv /usr/bin/redis-server /usr/bin/redis-itself\n${redis}`) });
  await nitro("up", "-s", stack);
  for (const [role, argument] of [
    ["service", "nitro"],
    ["worker", "payments"],
  ] as const) {
    const binary = await buildEnding(join(folder, role), { argument, seconds: 1, exitCode: 3, words: "no room at all" });
    const { code, stderr } = await tryNitro("swap", "-s", stack, role, "--binary", binary);
    expect(code).toBe(1);
    expect(stderr).toMatch(new RegExp(`${role} (exited with code 3 before|crashes again and again: it exited with code 3)`));
    expect(stderr).toContain("  | no room at all");
    expect(stderr).toContain(`./nitro swap -s ${stack} --previous`);
    await nitro("swap", "-s", stack, "--previous");
  }
  const watcher = new Watcher(["-s", stack]);
  try {
    await watcher.next("ready", 0);
    await waitFor(
      async () => {
        await engine.exec(stackNames(stack).containers.redis, ["touch", "/data/crash"]);
        return watcher.all("crashed")[0];
      },
      { what: "redis crashes", timeoutMs: 60_000 },
    );
    expect(watcher.all("crashed")[0]?.error).toMatch(
      /^redis crashed \(it exited with code 3\) and was started again; its last log lines:[\s\S]*no room at all/,
    );
  } finally {
    await watcher.end();
  }
});
