import { createHash } from "node:crypto";
import { UserError } from "../common/errors.ts";
import type { Engine } from "../docker/engine.ts";
import { EngineError } from "../docker/error.ts";
import { contextTar } from "../images/context.ts";
import { isOurs } from "../images/inputs.ts";
import { removeSpare, removeUnlessUsed } from "../images/spare.ts";
import { labels } from "../model/names.ts";

/** An executable that travels to the engine as a layer on the base image. */
export interface ExecutableImage {
  readonly stack: string;
  readonly owner: string;
  /** Name or id of the image below. */
  readonly base: string;
  readonly sha256: string;
  /** Its content. */
  read(): Promise<Buffer>;
  readonly builtAt: Date;
}

/** Counts up when the image changes by the way it is made here. */
const recipe = "1";

/** The newest first-level label of ours that tells these images from the rest. */
const kind = { "nitro.image": "payments" };

/** Where the file's time is kept: the layer's own is always the same. */
export const builtLabel = "nitro.built";

/**
 * Names the image: `localhost/nitro/payments-<stack>:<hash of what goes in>`.
 * @param baseId of the image below; its name where that is a hash of its content
 */
export function executableImageName({ stack, owner, sha256 }: Omit<ExecutableImage, "read" | "builtAt" | "base">, baseId: string): string {
  const hash = createHash("sha256").update([recipe, owner, baseId, sha256].join("\0")).digest("hex").slice(0, 16);
  return `localhost/nitro/payments-${stack}:${hash}`;
}

/**
 * Looks for the image without building it.
 * @returns its id; its name where the engine does not have it, or no engine answers
 */
export async function plannedExecutableImage(engine: Engine, image: ExecutableImage): Promise<string> {
  const found = async (): Promise<string> => {
    const base = await baseId(engine, image.base, false);
    const name = executableImageName(image, base);
    return (await engine.images.inspect(name))?.id ?? name;
  };
  return await found().catch((error: unknown) => {
    if (error instanceof EngineError) return executableImageName(image, image.base);
    throw error;
  });
}

/**
 * Builds the image where the engine does not have it.
 * @returns its id
 * @throws EngineError where the engine fails
 */
export async function ensureExecutableImage(engine: Engine, image: ExecutableImage): Promise<string> {
  const base = await baseId(engine, image.base, true);
  const name = executableImageName(image, base);
  const there = await engine.images.inspect(name);
  if (there !== undefined) return there.id;
  const dockerfile = `FROM ${image.base}\nCOPY bin /nitro/bin\n`;
  const context = contextTar([
    { name: "Dockerfile", content: Buffer.from(dockerfile) },
    { name: `bin/${image.sha256}/payments`, content: await image.read(), mode: 0o555 },
  ]);
  const about = {
    ...ofStack(image.stack, image.owner),
    [labels.executable]: image.sha256,
    [builtLabel]: image.builtAt.toISOString(),
  };
  await engine.build(context, { tag: name, labels: about });
  const built = await engine.images.inspect(name);
  if (built === undefined) throw new UserError(`image ${name} was built and is not there any more`, "run the command again");
  return built.id;
}

/**
 * Removes the images of a stack's former executables, but the newest few and those in use.
 * @param inUse ids of images that containers use or are about to
 */
export async function pruneExecutableImages(engine: Engine, stack: string, owner: string, inUse: ReadonlySet<string>): Promise<void> {
  const images = await engine.images.list(ofStack(stack, owner));
  await removeSpare(
    engine,
    images.filter(({ id }) => !inUse.has(id)),
  );
}

/** Removes all images of a stack's executables; its containers have to be gone. */
export async function removeExecutableImages(engine: Engine, stack: string, owner: string): Promise<void> {
  const images = await engine.images.list(ofStack(stack, owner));
  await Promise.all(images.map(({ id }) => removeUnlessUsed(engine, id)));
}

function ofStack(stack: string, owner: string): Record<string, string> {
  return { ...kind, [labels.stack]: stack, [labels.owner]: owner };
}

/** A name of ours is a hash of the image's content; anybody else's may come to mean another image. */
async function baseId(engine: Engine, base: string, pull: boolean): Promise<string> {
  if (isOurs(base)) return base;
  const there = await engine.images.inspect(base);
  if (there !== undefined) return there.id;
  if (!pull) return base;
  await engine.pull(base);
  return (await engine.images.inspect(base))?.id ?? base;
}
