import type { Engine } from "../docker/engine.ts";
import { type ImageRole, imageRoles, isOurs, ownImages, type StackImageRole } from "./inputs.ts";
import { type Arch, readPins } from "./pins.ts";

/** The image of each role of a stack: of ours, or a user's own. */
export type ImageRefs = Readonly<Record<StackImageRole, string>>;

/** Images that somebody needs, by role. */
export type WantedImages = Readonly<Partial<Record<ImageRole, string>>>;

/** What goes on while images are made. */
export interface BuildProgress {
  readonly image: ImageRole | "debian";
  /** What is being done: "bootstrap Debian trixie", "step 3 of 9", … */
  readonly step: string;
  /** The last line of its output; may be empty. */
  readonly detail: string;
  /** Since work on this image began. */
  readonly elapsedMs: number;
}

export interface EnsureOptions {
  readonly onProgress?: (progress: BuildProgress) => void;
  readonly env?: NodeJS.ProcessEnv;
}

/**
 * Names the images of a stack; reads files and asks nobody.
 * @param overrides a user's own images by role; passed on as they are, never built
 */
export function imageRefs(arch: Arch, overrides: Partial<Readonly<Record<StackImageRole, string | undefined>>> = {}): ImageRefs {
  const { base, redis, localstack, node } = ownImages(arch, readPins());
  return {
    base: overrides.base ?? base,
    redis: overrides.redis ?? redis,
    localstack: overrides.localstack ?? localstack,
    node: overrides.node ?? node,
  };
}

/** The image of the ledger by itself, and what it is made on. */
export function ledgerImageRefs(arch: Arch): WantedImages & { readonly ledger: string } {
  const { base, node, ledger } = ownImages(arch, readPins());
  return { base, node, ledger };
}

/** The image for builds in a container, and what it is made on. */
export function goImageRefs(arch: Arch): WantedImages & { readonly go: string } {
  const { base, go } = ownImages(arch, readPins());
  return { base, go };
}

/**
 * Builds those of our images that the engine does not have: once, also when several processes ask at the same time. An image appears under its
 * name only when it is complete. Other people's images are left to whoever declares them.
 * @returns the roles that were built
 * @throws UserError where an image cannot be made here, EngineError where the engine fails
 */
export async function ensureImages(engine: Engine, refs: WantedImages, options: EnsureOptions = {}): Promise<ImageRole[]> {
  if ((await missingImages(engine, refs)).length === 0) return [];
  const { buildMissing } = await import("./builder.ts");
  return await buildMissing(engine, refs, options);
}

/** @returns the roles whose image is ours and not there */
export async function missingImages(engine: Engine, refs: WantedImages): Promise<ImageRole[]> {
  const there = await Promise.all(
    imageRoles.map((role) => {
      const ref = refs[role];
      return ref === undefined || !isOurs(ref) || engine.imageExists(ref);
    }),
  );
  return imageRoles.filter((_, index) => there[index] === false);
}
