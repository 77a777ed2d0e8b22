import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { withLock } from "../common/lock.ts";
import { run as runTool, tail } from "../common/process.ts";
import { installFolder } from "../common/staged-folder.ts";
import { toolBuildEnvironment } from "../toolchain/build.ts";
import { ensureGo } from "../toolchain/go.ts";
import { nitroHome, toolFolder } from "../toolchain/home.ts";
import { root, runBenchProgram } from "./run.ts";

const module = "github.com/docker/compose/v2";
const folder = join(root, "bench", "compose");

/**
 * Finds Docker Compose, or builds it from Go modules (some two minutes, once): a peer to measure against, nothing that a stack needs.
 * @returns the words that start it: ["docker", "compose"], or the one program
 * @throws Error with the compiler's last lines
 */
export async function ensureCompose(): Promise<readonly string[]> {
  const installed = await runBenchProgram("docker", ["compose", "version"]).then(
    () => true,
    () => false,
  );
  if (installed) return ["docker", "compose"];
  const version = composeVersion(readFileSync(join(folder, "go.mod"), "utf8"));
  const own = toolFolder(process.env, "docker-compose", version);
  const program = join(own, "docker-compose");
  await withLock(join(nitroHome(), "locks", "docker-compose"), async () => {
    if (!existsSync(program)) await installFolder(own, (stage) => build(version, join(stage, "docker-compose")));
  });
  return [program];
}

/** @returns the version that a go.mod asks for, without its "v" */
export function composeVersion(goMod: string): string {
  const version = new RegExp(`^\\s*(?:require )?${module} v(\\S+)`, "m").exec(goMod)?.[1];
  if (version === undefined) throw new Error(`bench/compose/go.mod does not require ${module}`);
  return version;
}

/** At low priority: it takes minutes of all processors. */
async function build(version: string, output: string): Promise<void> {
  process.stderr.write(`building docker compose ${version} from Go modules (some minutes, once)\n`);
  const flags = ["-mod=readonly", "-trimpath", "-buildvcs=false", "-ldflags", `-s -w -X ${module}/internal.Version=v${version}`];
  const args = ["-n", "10", await ensureGo(), "build", ...flags, "-o", output, `${module}/cmd`];
  const result = await runTool("nice", args, { cwd: folder, env: toolBuildEnvironment(process.env) });
  if (result.code !== 0) throw new Error(`docker compose could not be built:\n${tail(result.output)}`);
}
