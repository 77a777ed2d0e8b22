import { inflateRawSync } from "node:zlib";

/** The bytes are no archive that can be read; the message says why. */
export class ZipError extends Error {
  override readonly name = "ZipError";
}

const endSignature = 0x06054b50;
const entrySignature = 0x02014b50;
const localSignature = 0x04034b50;
const endLength = 22;

/**
 * Reads one file of a ZIP archive that anybody may have made: nothing is written anywhere, and no more than `most` bytes come out of it.
 * Layout: APPNOTE.TXT of PKWARE, 4.3 (without ZIP64, which so small archives do not need).
 * @returns undefined where the archive has no such file
 * @throws ZipError
 */
export function readZipEntry(archive: Buffer, name: string, most: number): Buffer | undefined {
  try {
    return read(archive, name, most);
  } catch (error) {
    if (error instanceof ZipError) throw error;
    throw new ZipError(error instanceof RangeError ? `file ${name} is larger than ${most} bytes, or cut off` : `file ${name} is damaged`);
  }
}

function read(archive: Buffer, name: string, most: number): Buffer | undefined {
  const end = findEnd(archive);
  const count = archive.readUInt16LE(end + 10);
  let at = archive.readUInt32LE(end + 16);
  for (let entry = 0; entry < count; entry++) {
    if (archive.readUInt32LE(at) !== entrySignature) throw new ZipError("its directory is damaged");
    const nameLength = archive.readUInt16LE(at + 28);
    if (archive.toString("utf8", at + 46, at + 46 + nameLength) === name) return content(archive, at, name, most);
    at += 46 + nameLength + archive.readUInt16LE(at + 30) + archive.readUInt16LE(at + 32);
  }
  return undefined;
}

/** The end record is the last thing but for a comment of up to 65,535 bytes. */
function findEnd(archive: Buffer): number {
  for (let at = archive.length - endLength; at >= Math.max(0, archive.length - endLength - 0xffff); at--)
    if (archive.readUInt32LE(at) === endSignature) return at;
  throw new ZipError("it is no ZIP archive");
}

function content(archive: Buffer, at: number, name: string, most: number): Buffer {
  const method = archive.readUInt16LE(at + 10);
  const length = archive.readUInt32LE(at + 20);
  const local = archive.readUInt32LE(at + 42);
  if (archive.readUInt32LE(local) !== localSignature) throw new ZipError(`file ${name} is not where the directory says`);
  const begin = local + 30 + archive.readUInt16LE(local + 26) + archive.readUInt16LE(local + 28);
  const bytes = archive.subarray(begin, begin + length);
  if (bytes.length < length) throw new ZipError(`file ${name} is cut off`);
  if (method === 8) return inflateRawSync(bytes, { maxOutputLength: most });
  if (method !== 0) throw new ZipError(`file ${name} is packed by method ${method}: known are 0 and 8`);
  if (length > most) throw new ZipError(`file ${name} is larger than ${most} bytes`);
  return bytes;
}
