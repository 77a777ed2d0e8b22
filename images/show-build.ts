import { heartbeat, type Progress, seconds } from "../common/progress.ts";
import type { Engine } from "../docker/engine.ts";
import { ensureImages } from "./build.ts";
import type { BuildProgress } from "./builder.ts";
import type { ImageRole } from "./inputs.ts";
import type { WantedImages } from "./missing.ts";

/**
 * Builds the images that are missing and shows how it goes on, and in the end what was built. Where nothing is missing it shows nothing.
 * @returns the roles that were built. See ensureImages
 */
export async function buildShown(engine: Engine, refs: WantedImages, env: NodeJS.ProcessEnv, progress: Progress): Promise<ImageRole[]> {
  const began = Date.now();
  const built = await ensureImages(engine, refs, { onProgress: showBuild(progress), onWait: showWait(progress), env }).finally(() =>
    progress.status(undefined),
  );
  if (built.length > 0) progress.line(`✓ images ${built.join(", ")} built ${seconds(Date.now() - began)}`);
  return built;
}

/** Shows what goes on while images are made: a live line on a terminal, elsewhere a line now and then. */
export function showBuild(progress: Progress): (now: BuildProgress) => void {
  const tell = heartbeat(progress);
  return ({ image, step, detail, elapsedMs }) => tell(`image ${image}: ${step} ${seconds(elapsedMs)}`, detail);
}

/** Shows who is waited for: a live line on a terminal, elsewhere a line each time. */
export function showWait(progress: Progress): (who: string, waited: number) => void {
  return (who, waited) => {
    const text = `waiting for ${who}${waited < 1_000 ? "" : ` ${seconds(waited)}`}`;
    if (progress.live) progress.status(text);
    else progress.line(`  ${text}`);
  };
}
