import { createHash } from "node:crypto";
import { constants, readSync } from "node:fs";
import { copyFile, type FileHandle, open } from "node:fs/promises";
import { errorCode } from "../common/errors.ts";
import { type ExecutableHeaders, headersOf } from "./elf-headers.ts";

/** What a file was found to hold. */
export interface FileContent {
  /** In hex. */
  readonly sha256: string;
  /** In bytes. */
  readonly size: number;
  readonly headers: ExecutableHeaders;
  /** True where it was written to meanwhile. One that another file took the place of is whole. */
  readonly torn: boolean;
}

export interface ReadOptions {
  /** Path of a file that is not there: it gets the same content. */
  readonly copy?: string | undefined;
  /** Looks at the file's headers before anything else of it is read. @throws where the rest need not be read */
  readonly check?: (headers: ExecutableHeaders) => void;
  /** Words the system's error where the file cannot be opened. */
  readonly unreadable?: (error: unknown) => never;
}

/**
 * Reads a file once: hashes it, and copies it on the way. Where the file system lets files share their blocks, the copy is made so, all of it at one
 * moment, and then hashed.
 * @returns what was read, which is what the copy holds
 */
export async function readFileOnce(file: string, { copy, check, unreadable = rethrow }: ReadOptions = {}): Promise<FileContent> {
  const source = await open(file, "r").catch(unreadable);
  try {
    const before = await source.stat();
    const cloned = copy !== undefined && (await cloneFile(file, copy).catch(unreadable));
    const content = cloned ? await readWhole(copy, check) : await readAndCopy(source, copy, check);
    const after = await source.stat();
    return { ...content, torn: before.mtimeMs !== after.mtimeMs || before.size !== after.size || (!cloned && content.size !== after.size) };
  } finally {
    await source.close();
  }
}

type Check = ReadOptions["check"];

async function readWhole(file: string, check: Check): Promise<Omit<FileContent, "torn">> {
  const from = await open(file, "r");
  try {
    return await readAndCopy(from, undefined, check);
  } finally {
    await from.close();
  }
}

/** @param copy path of a file that is not there; undefined: it is only read */
async function readAndCopy(from: FileHandle, copy: string | undefined, check: Check): Promise<Omit<FileContent, "torn">> {
  const headers = headersOf((at, length) => readPart(from, at, length), (await from.stat()).size);
  check?.(headers);
  const to = copy === undefined ? undefined : await open(copy, "wx");
  try {
    return { headers, ...(await readThrough(from, to)) };
  } finally {
    await to?.close();
  }
}

function rethrow(error: unknown): never {
  throw error;
}

function readPart({ fd }: FileHandle, at: number, length: number): Buffer {
  const part = Buffer.alloc(length);
  return part.subarray(0, readSync(fd, part, 0, length, at));
}

/** What file systems say that share no blocks between files, or not between these two. */
const notShared: readonly (string | undefined)[] = ["ENOTSUP", "EOPNOTSUPP", "EXDEV", "EINVAL", "ENOTTY", "ENOSYS"];

/**
 * Copies a file as it is at this moment without reading it (FICLONE of ioctl_ficlonerange(2), clonefile of macOS).
 * @param copy must not be there
 * @returns false where the file system cannot: then there is no copy
 */
async function cloneFile(file: string, copy: string): Promise<boolean> {
  try {
    await copyFile(file, copy, constants.COPYFILE_FICLONE_FORCE | constants.COPYFILE_EXCL);
    return true;
  } catch (error) {
    if (notShared.includes(errorCode(error))) return false;
    throw error;
  }
}

/** Larger ones do not fit into a processor's cache, smaller ones cost more calls. */
const chunkBytes = 2 ** 20;

/** Reading and writing go on while the processor hashes. */
async function readThrough(from: FileHandle, to: FileHandle | undefined): Promise<Pick<FileContent, "sha256" | "size">> {
  const hash = createHash("sha256");
  // In turns: one is hashed and written while the next one is filled.
  const buffers: readonly [Buffer, Buffer] = [Buffer.allocUnsafeSlow(chunkBytes), Buffer.allocUnsafeSlow(chunkBytes)];
  let size = 0;
  let { bytesRead } = await from.read(buffers[0], 0, chunkBytes, size);
  for (let turn: 0 | 1 = 0; bytesRead > 0; turn = turn === 0 ? 1 : 0) {
    const chunk = buffers[turn].subarray(0, bytesRead);
    const written = to === undefined ? undefined : writeAll(to, chunk, size);
    size += bytesRead;
    const both = Promise.all([from.read(buffers[turn === 0 ? 1 : 0], 0, chunkBytes, size), written]);
    hash.update(chunk);
    [{ bytesRead }] = await both;
  }
  return { sha256: hash.digest("hex"), size };
}

async function writeAll(to: FileHandle, chunk: Buffer, at: number): Promise<void> {
  for (let done = 0; done < chunk.length; ) done += (await to.write(chunk, done, chunk.length - done, at + done)).bytesWritten;
}
