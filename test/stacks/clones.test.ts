import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { configure } from "../../automation/configured.ts";
import { mayTakeOver } from "../../automation/take-over.ts";
import type { Context } from "../../common/context.ts";
import { forgetClone, keepToClone, noteClone, otherClone } from "../../stacks/clones.ts";

let folder = "";
let env: NodeJS.ProcessEnv = {};
const clone = (name: string) => join(folder, name);
const from = (name: string) => ({ stack: "alice", root: clone(name), env });

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "nitro-clones-"));
  env = { NITRO_HOME: join(folder, "home"), DOCKER_HOST: `unix://${folder}/nowhere` };
  for (const name of ["first", "second"]) {
    mkdirSync(clone(name));
    writeFileSync(join(clone(name), "Pulumi.yaml"), "name: nitro\n");
  }
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe("the program, run by plain pulumi too", () => {
  test("keeps to the clone that brought a stack up, as long as it is up and the clone is there", async () => {
    await keepToClone(from("first"), true);
    await keepToClone(from("first"), true);
    await expect(keepToClone(from("second"), true)).rejects.toThrow(
      `stack "alice" was brought up from ${clone("first")}, and this is ${clone("second")}; if that is meant: ./nitro up -s alice --take-over`,
    );
    await keepToClone({ ...from("second"), stack: "bob" }, true);
    await keepToClone(from("second"), false);
    expect(otherClone(from("first"))).toBe(clone("second"));
    rmSync(clone("second"), { recursive: true });
    await keepToClone(from("first"), true);
  });

  test("a stack that is gone is nobody's", async () => {
    await noteClone(from("first"));
    forgetClone(from("first"));
    expect(otherClone(from("second"))).toBeUndefined();
  });
});

describe("a command in another clone", () => {
  const container = {
    urn: "urn:pulumi:alice::nitro::docker:index/container:Container::c",
    type: "docker:index/container:Container",
    id: "1",
  };
  const up = { name: "alice", state: async () => ({ resources: [container], pending: [] }) };
  const down = { name: "alice", state: async () => ({ resources: [], pending: [] }) };
  let asked = "";

  async function takeOver(stack: typeof up, allowed: boolean, answer?: string): Promise<void> {
    const stdin = Object.assign(new PassThrough(), { isTTY: answer !== undefined });
    const stderr = new PassThrough().on("data", (text) => {
      asked += String(text);
    });
    if (answer !== undefined) stdin.write(`${answer}\n`);
    const { signal } = new AbortController();
    const context = { root: clone("second"), env, stdin, stderr, signal } as unknown as Context;
    await mayTakeOver(stack, await configure("alice", context), allowed, context);
  }

  beforeEach(async () => {
    asked = "";
    await noteClone(from("first"));
  });

  test("refuses where nobody can be asked, and names the option", async () => {
    await expect(takeOver(up, false)).rejects.toMatchObject({
      message: `stack "alice" was brought up from ${clone("first")}; from here (${clone("second")}) it gets other settings, and runs the sample; nothing was changed`,
      hint: "if that is meant: ./nitro up -s alice --take-over; else use another stack name: -s <name>",
    });
    expect(otherClone(from("second"))).toBe(clone("first"));
  });

  test("asks on a terminal, where no is the answer unless somebody says yes", async () => {
    for (const answer of ["", "n"]) await expect(takeOver(up, false, answer)).rejects.toThrow("nothing was changed");
    expect(asked).toContain("and runs the sample. Take it over? [y/N] ");
    expect(otherClone(from("second"))).toBe(clone("first"));
    await takeOver(up, false, "y");
    expect(otherClone(from("second"))).toBeUndefined();
  });

  test("takes it over by the option, and what is not up without", async () => {
    await takeOver(down, false);
    expect(otherClone(from("second"))).toBe(clone("first"));
    await takeOver(up, true);
    expect(otherClone(from("second"))).toBeUndefined();
  });
});
