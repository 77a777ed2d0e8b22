import type { Engine } from "../docker/engine.ts";
import type { Arch } from "../docker/types.ts";
import type { EnsureOptions } from "./builder.ts";
import { type ImageRole, ownImages, type StackImageRole } from "./inputs.ts";
import { missingImages, type WantedImages } from "./missing.ts";
import { readPins } from "./pins.ts";

/** The image of each role of a stack: of ours, or a user's own. */
export type ImageRefs = Readonly<Record<StackImageRole, string>>;

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

/** The image of a swarm's registry, and what it is made on. */
export function registryImageRefs(arch: Arch): WantedImages & { readonly registry: string } {
  const { base, registry } = ownImages(arch, readPins());
  return { base, registry };
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
