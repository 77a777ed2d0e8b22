import { existsSync } from "node:fs";
import { dirname, join } from "node:path";

export const noProjectRoot = "there is no Pulumi.yaml above this package; give its folder as the option `root`";

/** The folder of Pulumi.yaml, in or above a folder; undefined where there is none. */
export function projectRoot(from: string): string | undefined {
  if (existsSync(join(from, "Pulumi.yaml"))) return from;
  const parent = dirname(from);
  return parent === from ? undefined : projectRoot(parent);
}
