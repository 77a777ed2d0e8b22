import { createHash, randomBytes } from "node:crypto";
import { appendFile, copyFile, readFile } from "node:fs/promises";
import { join } from "node:path";
import { Engine } from "../docker/engine.ts";
import { ensureGo } from "../toolchain/go.ts";
import { root, runBenchProgram } from "./run.ts";

export interface Built {
  readonly version: string;
  readonly file: string;
  readonly sha256: string;
}

/** Builds the sample for the engine so that /health-check answers with a version of its own. */
export async function buildVersion(folder: string, version: string): Promise<Built> {
  const file = join(folder, version);
  const { arch } = await Engine.connect().ping();
  const env = { GOOS: "linux", GOARCH: arch, CGO_ENABLED: "0", GOFLAGS: "-buildvcs=false" };
  await runBenchProgram(
    await ensureGo(),
    ["build", "-trimpath", "-ldflags", `-X main.version=${version}`, "-o", file, "."],
    env,
    join(root, "sample"),
  );
  return { version, file, sha256: await hashOf(file) };
}

/** The same executable with bytes behind it that nothing compresses: as long as those that teams have. */
export async function padded({ version, file }: Built, mebibytes: number): Promise<Built> {
  const longer = `${file}-${mebibytes}`;
  await copyFile(file, longer);
  await appendFile(longer, randomBytes(mebibytes * 2 ** 20));
  return { version, file: longer, sha256: await hashOf(longer) };
}

async function hashOf(file: string): Promise<string> {
  return createHash("sha256")
    .update(await readFile(file))
    .digest("hex");
}
