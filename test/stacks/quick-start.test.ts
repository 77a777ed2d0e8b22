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
  const count = () => Object.keys(module._cache).filter((file) => file.includes("/@npmcli/arborist/")).length;`;

test("Pulumi's SDK is there without npm's installer, which is loaded when it is asked for", async () => {
  const program = `
    await import("./stacks/quick-start.ts");
    const pulumi = await import("@pulumi/pulumi");${loaded}
    const before = count();
    const require = module.createRequire(import.meta.resolve("@pulumi/pulumi"));
    const { Arborist } = require("@npmcli/arborist");
    console.log(typeof pulumi.output, before, new Arborist({ path: "." }).constructor.name, count() > 0);`;
  expect(await printed(program)).toBe("function 0 Arborist true");
});

test("without it the installer would be loaded", async () => {
  expect(Number(await printed(`await import("@pulumi/pulumi");${loaded} console.log(count());`))).toBeGreaterThan(0);
});
