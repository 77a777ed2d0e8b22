import { readFileSync } from "node:fs";
import { replacedInputs } from "../model/replaced-inputs.ts";
import { containerType } from "../policies/values.ts";

/** Inputs that cannot be changed without replacing their resource, by type; `*` for all of them. */
export type Replacing = Readonly<Record<string, readonly string[]>>;

/** What the plugins' schemas and stacks' own options say of the types that these declare. A Go test holds the docker plugin's part to its schema. */
export function replacingInputs(): Replacing {
  const ofPlugins = JSON.parse(readFileSync(new URL("replacing.json", import.meta.url), "utf8")) as Replacing;
  return { ...ofPlugins, [containerType]: [...(ofPlugins[containerType] ?? []), ...replacedInputs] };
}

export function replaces(replacing: Replacing, type: string, input: string): boolean {
  const inputs = replacing[type] ?? [];
  return inputs.includes(input) || inputs.includes("*");
}
