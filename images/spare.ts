import type { Engine } from "../docker/engine.ts";
import { EngineError } from "../docker/error.ts";
import type { ListedImage } from "../docker/types.ts";
import { type ImageRole, imageName } from "./inputs.ts";

/** How many images of a kind stay that nobody may need any more: a way back costs nothing while they are there. */
const keptImages = 3;

/**
 * Removes images but the newest few. One that a container uses, or that another image is made on, stays all the same.
 * @throws EngineError where the engine fails
 */
export async function removeSpare(engine: Pick<Engine, "images">, images: readonly ListedImage[]): Promise<void> {
  const old = images.toSorted((a, b) => b.created - a.created).slice(keptImages);
  await Promise.all(old.map(({ id }) => removeUnlessUsed(engine, id)));
}

/**
 * Removes what earlier versions of nitro built: the engine lists all its images for each new container, so that each costs every swap a
 * millisecond, besides some hundred megabytes of disk.
 * @param built roles that have a new image now
 * @throws EngineError where the engine fails
 */
export async function removeFormerImages(engine: Pick<Engine, "images">, built: readonly ImageRole[]): Promise<void> {
  const images = await engine.images.list({ "nitro.image": "" });
  const tagged = (role: ImageRole) => images.filter(({ tags }) => tags.some((tag) => tag.startsWith(imageName(role, ""))));
  // What the first stages of Dockerfiles leave: the next build begins with them.
  const nameless = images.filter(({ tags }) => tags.every((tag) => tag === "<none>:<none>"));
  for (const group of [...built.map(tagged), nameless]) await removeSpare(engine, group);
}

/** 409: something uses it. */
export async function removeUnlessUsed(engine: Pick<Engine, "images">, id: string): Promise<void> {
  await engine.images.remove(id).catch((error: unknown) => {
    if (!(error instanceof EngineError) || error.status !== 409) throw error;
  });
}
