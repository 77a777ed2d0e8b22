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
    lib: ["es2024", "esnext.disposable", "dom"],
    skipLibCheck: true,
  };
  writeFileSync(join(project, "tsconfig.json"), JSON.stringify({ compilerOptions: options, include: ["*.ts"] }));
  const use = (line: string) => `import { openStack, redisClient, s3Client, stackOutputs, waitFor } from "nitro-stacks/testing";
await using stack = await openStack("alice");
await using scope = stack.scope("types");
const payout = await scope.payout({ count: 2, authorization: "manual" });
const payments = await payout.paid({ timeoutMs: 1_000 });
const paused = await scope.pause("redis");
const outputs = await stackOutputs("alice");
const answer: string = await waitFor(() => redisClient(outputs).get("key").then((value) => value ?? undefined), { what: "key" });
s3Client(outputs).destroy();
${line}
`;
  const right = `outputs.ports.redis.toFixed(); answer.at(0); payments[0]?.documentId?.at(0); await paused.undo();
const rows: unknown[] = await stack.ledger.query("SELECT * FROM t WHERE a = ?", 1);
const { status, attestation } = await stack.service.signed(stack.operator(1), "/v1/payments/submit", {});
const length: number = await stack.waitFor(() => stack.redis.xlen(scope.key("x")), { what: "x", parts: ["worker"] });
[rows, status.toFixed(), attestation.verdict === "wrong", length];`;
  writeFileSync(join(project, "use.ts"), use(right));
  expect(await run(tsc, ["-p", "."], { cwd: project })).toMatchObject({ code: 0, stdout: "" });
  for (const [wrong, problem] of [
    ["outputs.nothing;", "Property 'nothing' does not exist on type 'StackOutputs'"],
    ["stack.nothing;", "Property 'nothing' does not exist on type 'TestStack'"],
    ['await scope.pause("nginx");', "Argument of type '\"nginx\"' is not assignable to parameter of type"],
    ['await scope.payout({ authorization: "both" });', "Type '\"both\"' is not assignable to type"],
    ["payments[0]?.documentId.at(0);", "possibly 'undefined'"],
    ["await payout.paid({ timeout: 1 });", "'timeout' does not exist"],
  ] as const) {
    writeFileSync(join(project, "use.ts"), use(wrong));
    const { code, stdout } = await run(tsc, ["-p", "."], { cwd: project });
    expect(code).not.toBe(0);
    expect(stdout).toContain(problem);
  }
});
