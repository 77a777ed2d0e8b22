import { readFileSync, statSync } from "node:fs";
import type { ServerIdentity } from "./tls-door.ts";

/**
 * A certificate and its key in one PEM file, which somebody else makes, and renews by putting another file in its place.
 * @returns what tells it as the file is now; undefined before there is one. It throws the system's errors for a file that cannot be read
 */
export function identityFile(path: string): () => ServerIdentity | undefined {
  let known: { readonly mark: string; readonly identity: ServerIdentity } | undefined;
  return () => {
    const found = statSync(path, { throwIfNoEntry: false });
    if (found === undefined) return known?.identity;
    const mark = `${found.ino} ${found.mtimeMs}`;
    if (mark !== known?.mark) {
      const text = readFileSync(path, "utf8");
      // Both readers look for the block that they know.
      known = { mark, identity: { certificate: text, key: text } };
    }
    return known.identity;
  };
}
