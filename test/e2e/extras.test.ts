import { createHash } from "node:crypto";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Engine } from "../../docker/engine.ts";
import { ensureImages, imageRefs } from "../../images/build.ts";
import { contextTar, folderFiles } from "../../images/context.ts";
import { buildNetwork } from "../../images/host.ts";
import { extraPorts } from "../../model/extra-parts.ts";
import { containerName, extraVolumeName, portBase } from "../../model/names.ts";
import { settingsPath } from "../../model/settings-file.ts";
import { engineResources, nitro, nitroJson, root, run, tryNitro } from "./nitro.ts";

// A part of a team's own, as examples/extras/postgres.ts declares it, on an image with the contract of the official one.

const stack = "e2e-extras";
const engine = Engine.connect();
const folder = join(import.meta.dirname, "postgres-image");
const files = ["Dockerfile", "start"];
const settings = settingsPath(root, stack);
const [port] = extraPorts(portBase(stack));
let image = "";

beforeAll(async () => {
  const refs = imageRefs((await engine.ping()).arch);
  await ensureImages(engine, refs);
  const hash = createHash("sha256").update(refs.base);
  for (const file of files) hash.update(readFileSync(join(folder, file)));
  image = `localhost/nitro-test/postgres:${hash.digest("hex").slice(0, 16)}`;
  const { proxies, ...network } = buildNetwork(process.env);
  const context = contextTar(await folderFiles(folder, files));
  await engine.build(context, { tag: image, buildArgs: { ...proxies, BASE: refs.base }, ...network });
  process.env.POSTGRES_IMAGE = image;
  await nitro("down", "-s", stack, "--yes");
  writeFileSync(settings, "config:\n  nitro:extras: ./examples/extras/postgres.ts\n");
});

afterAll(async () => {
  await nitro("down", "-s", stack, "--yes");
  rmSync(settings, { force: true });
});

const psql = 'PGPASSWORD=$POSTGRES_PASSWORD psql -h 127.0.0.1 -U postgres -Atc "$1"';
const sql = (text: string) => nitro("exec", "-s", stack, "postgres", "--", "sh", "-c", psql, "sh", text);

/** The first byte of the answer to a request for TLS, which every Postgres gives: S or N. */
function answers(at: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(at, "127.0.0.1", () => socket.write(Buffer.from([0, 0, 0, 8, 4, 210, 22, 47])));
    socket.once("data", (data) => {
      socket.destroy();
      resolve(data.toString("latin1"));
    });
    socket.once("error", reject);
  });
}

test("it comes up with the stack, and commands know it", async () => {
  const preview = await nitroJson<{ changes: { operation: string; name: string }[] }>("preview", "-s", stack);
  expect(preview.changes).toContainEqual(expect.objectContaining({ operation: "create", name: "postgres-container" }));
  expect(await nitro("up", "-s", stack)).toMatch(new RegExp(`^postgres +127\\.0\\.0\\.1:${port}$`, "m"));
  expect(await answers(port)).toMatch(/^[SN]$/);
  const status = await nitroJson<{ healthy: boolean; parts: { role: string; health: string; ports: number[] }[] }>("status", "-s", stack);
  expect(status.healthy).toBe(true);
  expect(status.parts.at(-1)).toMatchObject({ role: "postgres", health: "healthy", ports: [port] });
  // Postgres logs to standard error, and so it comes.
  expect((await tryNitro("logs", "-s", stack, "postgres")).stderr).toContain("ready to accept connections");
  expect(await nitro("logs", "-s", stack)).toMatch(/^postgres +│ .*ready to accept connections/m);
  expect(await nitro("ls")).toMatch(new RegExp(`^${stack} +\\S+ +7 of 7 run, 7 healthy`, "m"));
  // The program finds it by its name.
  const service = ["exec", "-s", stack, "service", "--", "sh", "-c", "getent hosts postgres"];
  expect(await nitro(...service)).toMatch(/postgres/);
});

test("a swap leaves it alone, a restart keeps its data, and a preview sees nothing to do", async () => {
  await sql("create table kept (it int); insert into kept values (42)");
  const { containers: before } = await engineResources(stack);
  await nitro("swap", "-s", stack);
  const { changes } = await nitroJson<{ changes: unknown[] }>("preview", "-s", stack);
  expect(changes).toEqual([]);
  expect((await engineResources(stack)).containers.postgres).toBe(before.postgres);
  await nitro("restart", "-s", stack, "postgres");
  expect(await sql("select it from kept")).toBe("42\n");
});

test("one that was removed comes back with its data", async () => {
  await run("docker", ["rm", "-f", containerName(stack, "postgres")]);
  await nitro("up", "-s", stack);
  expect(await sql("select it from kept")).toBe("42\n");
});

test("a part that there is not is told with those that there are", async () => {
  const refused = await tryNitro("exec", "-s", stack, "postgre", "--", "true");
  expect(refused).toMatchObject({ code: 1 });
  expect(refused.stderr).toMatch(
    /^error: "postgre" is not a part of a stack \(did you mean postgres\?\): allowed are service, .*, worker, postgres/,
  );
});

test("without the setting it goes, and down takes what it kept", async () => {
  writeFileSync(settings, readFileSync(settings, "utf8").replace(/^ *nitro:extras: .*\n/m, ""));
  await nitro("up", "-s", stack);
  const left = await engineResources(stack);
  expect(left.containers.postgres).toBeUndefined();
  expect(left.volumes).not.toContain(extraVolumeName(stack, "postgres", "data"));
  expect(Object.keys(left.containers)).toHaveLength(6);
});
