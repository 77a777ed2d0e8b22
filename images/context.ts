import { createReadStream } from "node:fs";
import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { pack } from "tar-stream";

/** A file of a build's context: its bytes, or where to read them. */
export interface ContextFile {
  readonly name: string;
  readonly content: Buffer | { readonly path: string };
  /** 0644 by default. */
  readonly mode?: number;
}

/** Files of a folder, executables marked as such. */
export async function folderFiles(folder: string, names: readonly string[]): Promise<ContextFile[]> {
  return await Promise.all(
    names.map(async (name) => {
      const path = join(folder, name);
      const executable = ((await stat(path)).mode & 0o100) !== 0;
      return { name, content: await readFile(path), mode: executable ? 0o755 : 0o644 };
    }),
  );
}

/**
 * A tar archive for the engine. The same files give the same bytes whoever made them, so that the engine's layer cache answers: owner root,
 * time zero, no other modes than given.
 */
export function contextTar(files: readonly ContextFile[]): Readable {
  const tar = pack();
  writeAll(tar, files).then(
    () => tar.finalize(),
    (error: Error) => tar.destroy(error),
  );
  return Readable.from(tar, { objectMode: false });
}

async function writeAll(tar: ReturnType<typeof pack>, files: readonly ContextFile[]): Promise<void> {
  for (const { name, content, mode = 0o644 } of files) {
    const header = { name, mode, mtime: new Date(0), uid: 0, gid: 0 };
    if (Buffer.isBuffer(content)) tar.entry(header, content);
    else {
      const { size } = await stat(content.path);
      await pipeline(createReadStream(content.path), tar.entry({ ...header, size }));
    }
  }
}
