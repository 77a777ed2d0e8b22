import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { Engine } from "../../docker/engine.ts";
import type { Arch } from "../../docker/types.ts";
import { checkExecutable } from "../../executable/check.ts";
import { buildInContainer, type ContainerBuild } from "../../executable/container-build.ts";
import { ensureImages, goImageRefs } from "../../images/build.ts";
import { stackOutputs } from "../../testing/outputs.ts";
import { engineResources, nitro, root, run, tryNitro } from "./nitro.ts";

const stack = "e2e-build";
const engine = Engine.connect();
const scratch = mkdtempSync(join(tmpdir(), "nitro-e2e-build-"));
let arch: Arch;
let image: string;
let folder: string;
/** Containers that were there before: somebody's own. */
let before: Set<string>;

const builders = async () => engine.containers({ labels: { "nitro.build": "" }, all: true });

beforeAll(async () => {
  before = new Set((await builders()).map(({ id }) => id));
  arch = (await engine.ping()).arch;
  const refs = goImageRefs(arch);
  await ensureImages(engine, refs);
  image = refs.go;
});

beforeEach(() => {
  folder = mkdtempSync(join(scratch, "src-"));
  writeFileSync(join(folder, "go.mod"), "module tiny\n\ngo 1.25\n");
  write('package main\n\nfunc main() { println("one") }\n');
});

afterAll(async () => {
  await nitro("down", "-s", stack, "--yes");
  for (const { id } of await builders()) if (!before.has(id)) await engine.removeContainer(id, { force: true });
  rmSync(scratch, { recursive: true, force: true });
});

const write = (text: string) => writeFileSync(join(folder, "main.go"), text);
const build = (changes: Partial<ContainerBuild> = {}) =>
  buildInContainer(engine, {
    arch,
    image,
    folder,
    command: "go build -o /out/payments .",
    sees: true,
    output: join(folder, "../built", folder.slice(-6)),
    env: process.env,
    ...changes,
  });
const runs = async (file: string) => (await run(file, [])).stderr;

test("sources that only their owner may read become an executable of this user's", async () => {
  chmodSync(folder, 0o700);
  const file = await build();
  checkExecutable(readFileSync(file), file, arch);
  expect(await runs(file)).toBe("one\n");
  write('package main\n\nfunc main() { println("two") }\n');
  expect(await runs(await build())).toBe("two\n");
});

test("the engine's architecture is built for", async () => {
  const other = arch === "arm64" ? "amd64" : "arm64";
  checkExecutable(readFileSync(await build({ arch: other })), "built", other);
});

test("what does not compile is told in the compiler's words, and the old executable stays", async () => {
  const file = await build();
  write("package main\n\nfunc main() { printline() }\n");
  const lines: string[] = [];
  await expect(build({ onLine: (line) => lines.push(line) })).rejects.toThrow(
    /the build failed \(go build -o \/out\/payments \., exit code 1\):\n# tiny\n\.\/main\.go:3:15: undefined: printline$/,
  );
  expect(lines).toContain("./main.go:3:15: undefined: printline");
  expect(await runs(file)).toBe("one\n");
});

test("a command that writes no executable says where it has to be, also after a build that did", async () => {
  await build();
  await expect(build({ command: "true" })).rejects.toThrow("the build wrote no /out/payments (true)");
  await expect(build({ command: "touch /src/x" })).rejects.toThrow(/Read-only file system/);
});

test("an aborted build ends at once with all its processes, and the next one works", async () => {
  const abort = new AbortController();
  const building = build({ command: "sleep 4711 & sleep 4711", signal: abort.signal });
  await sleep(1_500);
  const began = Date.now();
  abort.abort(new Error("given up"));
  await expect(building).rejects.toThrow("given up");
  expect(Date.now() - began).toBeLessThan(5_000);
  for (const { name } of (await builders()).filter(({ id }) => !before.has(id))) {
    const left = await engine.exec(name, ["sh", "-c", "cat /proc/[0-9]*/cmdline | tr '\\0' ' ' | grep -c 'sleep [4]711'"]);
    expect(left.stdout.trim(), name).toBe("0");
  }
  expect(await runs(await build())).toBe("one\n");
});

test("an engine that does not see the sources gets them, as they are now", async () => {
  writeFileSync(join(folder, "more.go"), 'package main\n\nfunc init() { println("more") }\n');
  expect(await runs(await build({ sees: false }))).toBe("more\none\n");
  rmSync(join(folder, "more.go"));
  expect(await runs(await build({ sees: false }))).toBe("one\n");
});

test("up and swap build what the settings say, and a build that fails touches nothing", async () => {
  const environment = JSON.parse(await nitro("env", "--json")) as Record<string, string>;
  const command = (version: string) => `go build -ldflags "-X main.version=${version}" -o /out/payments .`;
  const set = (version: string) =>
    writeFileSync(join(root, `Pulumi.${stack}.yaml`), JSON.stringify({ config: { "nitro:build": { command: command(version) } } }));
  set("in-container-1");
  await nitro("up", "-s", stack);
  const { serviceUrl } = await stackOutputs(stack, { env: { ...process.env, ...environment } });
  const health = async () => await (await fetch(`${serviceUrl}/health-check`)).text();
  expect(await health()).toContain("in-container-1");
  await run("sed", ["-i", "s/in-container-1/in-container-2/", `Pulumi.${stack}.yaml`]);
  await nitro("swap", "-s", stack);
  expect(await health()).toContain("in-container-2");
  const { containers } = await engineResources(stack);
  await run("sed", ["-i", "s/-o .out.payments/-o/", `Pulumi.${stack}.yaml`]);
  const failed = await tryNitro("swap", "-s", stack);
  expect(failed.code).toBe(1);
  expect(failed.stderr).toContain("the build failed");
  expect((await engineResources(stack)).containers).toEqual(containers);
  expect(await health()).toContain("in-container-2");
});
