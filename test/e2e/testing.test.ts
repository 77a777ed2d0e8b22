import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { root, run } from "./nitro.ts";

// A project of somebody else's that has this one as a dependency.
const project = mkdtempSync(join(tmpdir(), "nitro-user-"));
const tsc = join(root, "node_modules/.bin/tsc");

beforeAll(async () => {
  expect(await run(tsc, ["-p", "testing"])).toMatchObject({ code: 0, stdout: "" });
  mkdirSync(join(project, "node_modules"));
  symlinkSync(root, join(project, "node_modules/nitro-stacks"));
  writeFileSync(join(project, "package.json"), '{"type":"module"}');
});

afterAll(() => rmSync(project, { recursive: true, force: true }));

test("plain JavaScript of another project imports it, and is told how to bring the stack up", async () => {
  const script = 'import { stackOutputs } from "nitro-stacks/testing"; await stackOutputs("e2e-never-made");';
  writeFileSync(join(project, "main.js"), script);
  const { code, stderr } = await run(process.execPath, ["main.js"], { cwd: project });
  expect(code).toBe(1);
  expect(stderr).toContain('there is no stack "e2e-never-made"; run: ./nitro up -s e2e-never-made');
});

test("its types are whole: a wrong use does not compile", async () => {
  const options = {
    module: "nodenext",
    target: "es2024",
    strict: true,
    noEmit: true,
    types: [],
    lib: ["es2024", "dom"],
    skipLibCheck: true,
  };
  writeFileSync(join(project, "tsconfig.json"), JSON.stringify({ compilerOptions: options, include: ["*.ts"] }));
  const use = (line: string) => `import { redisClient, s3Client, stackOutputs, waitFor } from "nitro-stacks/testing";
const outputs = await stackOutputs("alice");
const answer: string = await waitFor(() => redisClient(outputs).get("key").then((value) => value ?? undefined), { what: "key" });
s3Client(outputs).destroy();
${line}
`;
  writeFileSync(join(project, "use.ts"), use("outputs.ports.redis.toFixed(); answer.at(0);"));
  expect(await run(tsc, ["-p", "."], { cwd: project })).toMatchObject({ code: 0, stdout: "" });
  writeFileSync(join(project, "use.ts"), use("outputs.nothing;"));
  const { code, stdout } = await run(tsc, ["-p", "."], { cwd: project });
  expect(code).not.toBe(0);
  expect(stdout).toContain("Property 'nothing' does not exist on type 'StackOutputs'");
});
