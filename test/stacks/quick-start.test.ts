import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { expect, test } from "vitest";

const run = promisify(execFile);
const root = new URL("../..", import.meta.url).pathname;

/** Runs a program in a process of its own: what it imports is not there yet. */
async function printed(program: string): Promise<string> {
  const { stdout } = await run(process.execPath, ["--input-type=module", "--eval", program], { cwd: root });
  return stdout.trim();
}

const loaded = `
  const { default: module } = await import("node:module");
  const { types } = await import("node:util");
  const sdk = module.createRequire(import.meta.resolve("@pulumi/pulumi"));
  const isLoaded = (name) => {
    const file = sdk.resolve(name);
    return file in sdk.cache && !types.isProxy(sdk.cache[file].exports);
  };
  const loaded = () => [isLoaded("@npmcli/arborist"), isLoaded("typescript")].join();`;

test("Pulumi's SDK is there without npm's installer and the compiler", async () => {
  const program = `
    await import("./stacks/quick-start.ts");
    const pulumi = await import("@pulumi/pulumi");${loaded}
    console.log(typeof pulumi.output, loaded());`;
  expect(await printed(program)).toBe("function false,false");
});

test("they are loaded when they are asked for", async () => {
  const program = `
    await import("./stacks/quick-start.ts");
    await import("@pulumi/pulumi");${loaded}
    const { Arborist } = sdk("@npmcli/arborist");
    const name = new Arborist({ path: "." }).constructor.name;
    console.log(name, sdk("typescript").SyntaxKind.SourceFile > 0, loaded());`;
  expect(await printed(program)).toBe("Arborist true true,true");
});

test("Pulumi serializes a function as it does without", async () => {
  const serialize = `
    const pulumi = await import("@pulumi/pulumi");
    const factor = 3;
    const { text } = await pulumi.runtime.serializeFunction((number) => number * factor);
    console.log(text.includes("number * factor"), text.includes("factor: 3"));`;
  expect(await printed(`await import("./stacks/quick-start.ts");${serialize}`)).toBe(await printed(serialize));
});

test("@pulumi/pulumi, runtime/closure: without stacks/quick-start.ts npm's installer and the compiler would be loaded", async () => {
  expect(await printed(`await import("@pulumi/pulumi");${loaded} console.log(loaded());`)).toBe("true,true");
});

test("what is there already stays", async () => {
  const program = `
    await import("@pulumi/pulumi");${loaded}
    const before = sdk("typescript");
    await import("./stacks/quick-start.ts");
    console.log(sdk("typescript") === before);`;
  expect(await printed(program)).toBe("true");
});

test.each(["cli/up.ts", "cli/swap/swap.ts", "cli/swap/once.ts", "cli/watch/watch.ts", "cli/keeper/keeper.ts"])(
  "%s loads nothing of Pulumi's SDK before pulumi starts",
  async (file) => {
    const program = `
      await import("./${file}");
      const { default: module } = await import("node:module");
      const { cache } = module.createRequire(import.meta.url);
      console.log(Object.keys(cache).filter((each) => /node_modules.@pulumi.pulumi.(index|typescript)/.test(each)).length);`;
    expect(await printed(program)).toBe("0");
  },
);
