import { rmSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { type Check, checkMachine } from "../../../cli/doctor/checks.ts";
import { doctorReport, isHealthy } from "../../../cli/doctor/doctor.ts";
import { Engine } from "../../../docker/engine.ts";
import { testFolder } from "../../toolchain/folder.ts";

const root = join(import.meta.dirname, "../../..");

/** A machine with nothing of ours: no engine, no tools, no Go. */
async function bareMachine(): Promise<Check[]> {
  const folder = testFolder();
  const env = { NITRO_HOME: join(folder, "home"), HOME: folder, PATH: folder, DOCKER_HOST: `unix://${folder}/none.sock` };
  const checks = await checkMachine(root, env, Engine.connect(env));
  rmSync(join(folder, "home"), { recursive: true, force: true });
  return checks;
}

test("a bare machine lacks everything but Node, and each line says how to mend it", async () => {
  const checks = await bareMachine();
  const missing = checks.filter(({ ok }) => !ok).map(({ what }) => what);
  expect(missing).toEqual(
    expect.arrayContaining([
      "npm",
      "container engine",
      "images",
      "Pulumi",
      "Pulumi's docker plugin",
      "Pulumi's random plugin",
      "passphrase",
      "Go",
    ]),
  );
  expect(checks.find(({ what }) => what === "Node")).toMatchObject({ ok: true, found: process.versions.node, wanted: ">=24.11" });
  expect(checks.filter(({ fix }) => fix === "")).toEqual([]);
  expect(isHealthy(checks)).toBe(false);
});

test("only what is needed everywhere makes a machine unfit", async () => {
  const checks = (await bareMachine()).map((check) => ({ ...check, ok: check.optional ? check.ok : true }));
  expect(isHealthy(checks)).toBe(true);
  expect(isHealthy(checks.map((check) => (check.what === "Pulumi" ? { ...check, ok: false } : check)))).toBe(false);
});

test("the report mends only what is not in order", () => {
  const check = { what: "tool", found: "1.0", wanted: "2.0", fix: "./nitro setup", optional: false };
  expect(doctorReport([{ ...check, ok: false }])).toContain("./nitro setup");
  expect(doctorReport([{ ...check, ok: true }])).not.toContain("./nitro setup");
});
