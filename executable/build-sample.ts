import { spawn } from "node:child_process";
import { mkdir, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Context } from "../common/context.ts";
import { UserError } from "../common/errors.ts";
import { goEnvironment } from "../toolchain/go.ts";
import type { Arch } from "./check.ts";
import { sampleExecutable } from "./staging.ts";

/**
 * Builds the sample for the engine's architecture, where no executable is configured. Go's cache makes a second build of the same
 * sources a matter of half a second.
 * @param go path of the go command
 * @throws UserError with the compiler's own words
 */
export async function buildSample(go: string, arch: Arch, context: Context): Promise<void> {
  const target = sampleExecutable(context.root, arch);
  const incoming = `${target}.${process.pid}.new`;
  await mkdir(dirname(target), { recursive: true });
  const env = {
    ...goEnvironment(context.env),
    GOOS: "linux",
    GOARCH: arch,
    CGO_ENABLED: "0",
    GOFLAGS: `${context.env.GOFLAGS ?? ""} -buildvcs=false`.trim(),
  };
  try {
    const { exitCode, output } = await run(go, ["build", "-trimpath", "-o", incoming, "."], join(context.root, "sample"), env);
    if (exitCode !== 0) throw new UserError(`the sample in sample/ does not compile:\n${output.trimEnd()}`);
    await rename(incoming, target);
  } finally {
    await rm(incoming, { force: true });
  }
}

function run(command: string, args: string[], cwd: string, env: NodeJS.ProcessEnv): Promise<{ exitCode: number; output: string }> {
  const child = spawn(command, args, { cwd, env, stdio: ["ignore", "pipe", "pipe"] });
  const pieces: Buffer[] = [];
  child.stdout.on("data", (data: Buffer) => pieces.push(data));
  child.stderr.on("data", (data: Buffer) => pieces.push(data));
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => resolve({ exitCode: code ?? 1, output: Buffer.concat(pieces).toString("utf8") }));
  });
}
