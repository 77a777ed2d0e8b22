import { mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Context } from "../common/context.ts";
import { UserError } from "../common/errors.ts";
import { writeByDraft } from "../common/files.ts";
import { run } from "../common/process.ts";
import type { Arch } from "../docker/types.ts";
import { goEnvironment } from "../toolchain/go.ts";
import { sampleExecutable } from "./staging.ts";

/**
 * Builds the sample for the engine's architecture, where no executable is configured. Go's cache makes a second build of the same
 * sources a matter of half a second.
 * @param go path of the go command
 * @throws UserError with the compiler's own words
 */
export async function buildSample(go: string, arch: Arch, context: Context): Promise<void> {
  const target = sampleExecutable(context.root, arch);
  await mkdir(dirname(target), { recursive: true });
  const env = {
    ...goEnvironment(context.env),
    GOOS: "linux",
    GOARCH: arch,
    CGO_ENABLED: "0",
    GOFLAGS: `${context.env.GOFLAGS ?? ""} -buildvcs=false`.trim(),
  };
  await writeByDraft(target, async (draft) => {
    const { code, output } = await run(go, ["build", "-trimpath", "-o", draft, "."], { cwd: join(context.root, "sample"), env });
    if (code !== 0) throw new UserError(`the sample in sample/ does not compile:\n${output.trimEnd()}`);
  });
}
