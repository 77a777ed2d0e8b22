import { readFileSync } from "node:fs";
import type { Arch } from "../docker/types.ts";

/** images/versions.json: what the images are made of. */
export interface Pins {
  /** `image`: with the digest of an index that has both architectures. */
  readonly debian: { readonly suite: string; readonly image: string };
  readonly redis: { readonly major: string };
  readonly localstack: { readonly python: string; readonly packages: Readonly<Record<string, string>> };
  readonly node: { readonly version: string } & Readonly<Record<Arch, NodePackage>>;
}

/** An npm package that carries node's executable. */
export interface NodePackage {
  readonly package: string;
  /** Of its archive, as npm writes it: sha512-<base64>. */
  readonly integrity: string;
}

export function readPins(): Pins {
  return JSON.parse(readFileSync(new URL("versions.json", import.meta.url), "utf8")) as Pins;
}
