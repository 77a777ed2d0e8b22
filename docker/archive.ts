import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { extract, type Header, pack } from "tar-stream";
import type { Engine } from "./engine.ts";
import { isNotFound } from "./error.ts";

/** A file or a link, as a container has it. */
export interface Entry {
  /** As it was asked for. */
  readonly path: string;
  readonly header: Header;
  readonly content: Buffer;
}

/** @returns what a container has at a path, running or not; undefined where there is nothing */
export async function readEntry(engine: Pick<Engine, "archive">, container: string, path: string): Promise<Entry | undefined> {
  const archive = await engine.archive(container, path).catch((error: unknown) => {
    if (isNotFound(error)) return undefined;
    throw error;
  });
  if (archive === undefined) return undefined;
  for await (const entry of archive.pipe(extract())) return { path, header: entry.header, content: await buffer(entry) };
  return undefined;
}

/** An archive of one file that nobody but its owner may read. @param owner user and group */
export function privateFile(name: string, text: string, owner: number): Readable {
  const tar = pack();
  tar.entry({ name, mode: 0o600, uid: owner, gid: owner }, text);
  tar.finalize();
  return Readable.from(tar, { objectMode: false });
}
