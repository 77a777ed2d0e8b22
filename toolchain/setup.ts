import { randomBytes } from "node:crypto";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { errorMessage } from "../common/errors.ts";
import { withLock } from "../common/lock.ts";
import { type Output, Steps } from "../common/steps.ts";
import type { Engine } from "../docker/engine.ts";
import { adoptPulumi } from "./adopt.ts";
import { buildParts } from "./build.ts";
import { DownloadError } from "./download.ts";
import { ensureEngine } from "./engine.ts";
import { passphraseFile } from "./environment.ts";
import { nitroHome, readOrCreate } from "./home.ts";
import { allParts, isInstalled, type ToolPart, title } from "./parts.ts";
import type { PluginName } from "./pins.ts";
import { keepNoLogs } from "./pulumi-logs.ts";
import { downloadPart, pulumiReleases } from "./releases.ts";

/**
 * Makes the machine ready for stacks: container engine, Pulumi, its language host and plugins, a backend and its passphrase. What is
 * there already costs milliseconds and prints nothing.
 * @param extra plugins that not every stack needs
 * @returns the engine, which answers
 * @throws UserError that says what to do
 */
export async function setUp(env: NodeJS.ProcessEnv, output: Output, extra: readonly PluginName[] = []): Promise<Engine> {
  const steps = new Steps(output);
  makeState(env);
  const engine = await ensureEngine(env, steps);
  await ensurePulumi(env, steps, extra);
  return engine;
}

/** The local backend's folder and passphrase; the folder is made even where another backend is in use, as it costs nothing. */
function makeState(env: NodeJS.ProcessEnv): void {
  mkdirSync(join(nitroHome(env), "backend"), { recursive: true });
  readOrCreate(passphraseFile(env), () => randomBytes(24).toString("base64url"));
  keepNoLogs(env);
}

/** Installs what is missing of Pulumi: the user's own where it fits, else the release where it can be had, else built from Go modules. */
export async function ensurePulumi(env: NodeJS.ProcessEnv, steps: Steps, extra: readonly PluginName[] = []): Promise<void> {
  const parts = allParts(env, undefined, extra);
  if (parts.every(isInstalled)) return;
  const onWait = ({ pid }: { pid: number }) => steps.note(`waiting for process ${pid}, which sets up the same`);
  await withLock(
    join(nitroHome(env), "locks", "pulumi"),
    async () => {
      const missing = await adoptMissing(parts, env, steps);
      const left = await downloadMissing(missing, env, steps);
      if (left.length > 0) await buildParts(left, env, steps);
    },
    { onWait },
  );
}

async function adoptMissing(parts: readonly ToolPart[], env: NodeJS.ProcessEnv, steps: Steps): Promise<ToolPart[]> {
  const missing = parts.filter((part) => !isInstalled(part));
  const pulumi = missing.find((part) => part.name === "pulumi");
  const adopted = pulumi && (await adoptPulumi(pulumi, env));
  if (adopted === undefined) return missing;
  steps.note(`✓ Pulumi: ${adopted}`);
  return missing.filter((part) => part !== pulumi);
}

/** @returns the parts that could not be downloaded; after the first failure no other is tried */
async function downloadMissing(missing: readonly ToolPart[], env: NodeJS.ProcessEnv, steps: Steps): Promise<ToolPart[]> {
  const releases = pulumiReleases(env);
  for (const [index, part] of missing.entries()) {
    try {
      await steps.run(`${title(part)} (release)`, () => downloadPart(part, releases));
    } catch (error) {
      if (!(error instanceof DownloadError)) throw error;
      steps.note(`  not downloaded, building instead: ${errorMessage(error)}`);
      return missing.slice(index);
    }
  }
  return [];
}
