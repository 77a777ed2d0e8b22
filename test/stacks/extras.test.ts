import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Extras } from "../../components/part-context.ts";
import { stackNames, stackPorts } from "../../model/names.ts";
import { loadExtras } from "../../stacks/extras.ts";
import { findExtras } from "../../stacks/extras-file.ts";
import { preflightExtras } from "../../stacks/extras-preflight.ts";
import { checkExtrasTypes } from "../../stacks/extras-types.ts";

const root = join(import.meta.dirname, "../..");
let folder = "";

beforeAll(() => {
  mkdirSync(join(root, ".nitro"), { recursive: true });
  folder = mkdtempSync(join(root, ".nitro", "extras-test-"));
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** @returns the setting that names a module with such a text */
function module(name: string, text: string): string {
  writeFileSync(join(folder, name), text);
  return `./${relative(root, join(folder, name))}`;
}

const types = `import type { Extras } from "${join(root, "components/part-context.ts")}";\n`;

describe("a module that cannot be used is told in one line", () => {
  test("one that is not there, or no module by its name", () => {
    expect(() => findExtras(root, "./none.ts")).toThrow(
      /^setting nitro:extras names \.\/none\.ts: there is no such file; needed is a module that exports/,
    );
    expect(() => findExtras(root, "./README.md")).toThrow("it is neither TypeScript nor JavaScript by its name");
  });

  test.each([
    ["syntax.ts", "export const extras = ;", /^extras \S+syntax\.ts cannot be loaded: ./],
    ["imports.ts", 'import "no-such-package";', /cannot be loaded: Cannot find package 'no-such-package'/],
    ["throws.ts", '\nthrow new Error("no luck");', /cannot be loaded: no luck \(line 2\)$/],
    ["default.ts", "export default () => {};", /exports default: needed is a module that exports a function named extras/],
    ["nothing.ts", "export {};", /exports nothing: needed/],
    ["value.ts", "export const extras = {};", /exports extras: needed/],
  ])("%s", async (name, text, message) => {
    const error = await loadExtras(root, module(name, text)).catch((failure: unknown) => failure);
    expect(error).toMatchObject({ name: "UserError", message: expect.stringMatching(message) });
    expect((error as Error).message).not.toContain("\n");
  });

  test("one whose types do not fit, with the place; types that fit cost nothing", async () => {
    const wrong = module("types.ts", `${types}export const extras: Extras = (context) => {\n  context.prots;\n};\n`);
    await expect(checkExtrasTypes(root, wrong)).rejects.toThrow(
      /^extras \S+types\.ts has an error of types: .*types\.ts\(3,11\): error TS2551: .*'prots'.*'ports'\?/,
    );
    await checkExtrasTypes(root, module("fits.ts", `${types}export const extras: Extras = (context) => void context.ports;\n`));
    await checkExtrasTypes(root, module("plain.mjs", "export const extras = 1;"));
  }, 120_000);
});

test("what was changed is loaded as it is now", async () => {
  const file = module("changed.ts", "export const extras = () => 1;");
  expect(await (await loadExtras(root, file)).declare({} as Parameters<Extras>[0])).toBe(1);
  await new Promise((resolve) => setTimeout(resolve, 20));
  module("changed.ts", "export const extras = () => 2;");
  expect(await (await loadExtras(root, file)).declare({} as Parameters<Extras>[0])).toBe(2);
});

describe("what is declared beside our own parts", () => {
  const owner = "0".repeat(16);
  const args = { names: stackNames("alice"), ports: stackPorts(21_000), owner };
  const labels = (part: string) => [
    { label: "nitro.stack", value: "alice" },
    { label: "nitro.role", value: part },
    { label: "nitro.owner", value: owner },
  ];
  const container = (props: object) => ({
    type: "docker:index/container:Container",
    name: "db",
    props: { name: "nitro-alice-db", ...props },
  });

  test("has to carry the stack's labels, with a name of its own", async () => {
    await expect(preflightExtras(undefined, args, [container({})])).rejects.toThrow(
      'container db of the extras does not carry the stack\'s labels, so no command would find it: labels: context.labels("part")',
    );
    await expect(preflightExtras(undefined, args, [container({ labels: labels("my-db") })])).rejects.toThrow('cannot be named "my-db"');
    await preflightExtras(undefined, args, [container({ labels: labels("db") })]);
    const own = { type: "docker:index/volume:Volume", name: "redis-data", props: { name: "nitro-alice-redis" } };
    await preflightExtras(undefined, args, [own]);
  });

  test("is nobody else's", async () => {
    const other = { name: "nitro-alice-db", labels: {}, state: "running", ports: [], id: "1" };
    const engine = {
      host: "tcp://x:1",
      containers: async () => [other],
      networks: async () => [],
      volumes: async () => [],
      inspect: async () => undefined,
    };
    await expect(preflightExtras(engine as never, args, [container({ labels: labels("db") })])).rejects.toThrow(
      "container nitro-alice-db exists already and does not carry our label, somebody else made it",
    );
  });
});
