import { readFileSync } from "node:fs";

/** Inputs that cannot be changed without replacing their resource, by type; `*` for all of them. */
export type Replacing = Readonly<Record<string, readonly string[]>>;

/** What the plugins' schemas say of the types that stacks declare. A Go test holds the docker plugin's part to its schema. */
export function replacingInputs(): Replacing {
  return JSON.parse(readFileSync(new URL("replacing.json", import.meta.url), "utf8")) as Replacing;
}

export function replaces(replacing: Replacing, type: string, input: string): boolean {
  const inputs = replacing[type] ?? [];
  return inputs.includes(input) || inputs.includes("*");
}
