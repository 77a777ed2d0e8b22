import type { Engine } from "../docker/engine.ts";
import { type ImageRole, imageRoles, isOurs } from "./inputs.ts";

/** Images that somebody needs, by role. */
export type WantedImages = Readonly<Partial<Record<ImageRole, string>>>;

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
