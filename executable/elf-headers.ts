/** What the headers of an ELF-64 file say, and how the file begins. */
export interface ExecutableHeaders {
  /** Its first bytes: the header, and more. */
  readonly head: Buffer;
  /** The file's length in bytes. */
  readonly size: number;
  /** The end of the furthest part that the headers speak of; 0 where it is no ELF-64 file in little-endian. */
  readonly promised: number;
  /** True where the names of its sections are zeros: a linker has made the file as long as it will be, and not written it yet. */
  readonly unwritten: boolean;
  /** Path of the dynamic loader; undefined where it needs none. */
  readonly loader: string | undefined;
}

/** Enough for an ELF header, and to tell what else a file may be. */
const headBytes = 4096;

/**
 * Reads the headers of a file, and nothing else of it.
 * Layout: System V ABI, chapter 4 (ELF-64 header, program headers, section headers).
 * @param read gives the bytes at an offset, fewer where the file ends before
 */
export function headersOf(read: (at: number, length: number) => Buffer, size: number): ExecutableHeaders {
  const head = read(0, headBytes);
  const [elf, bits, littleEndian] = [head.length < 64 ? "" : head.toString("latin1", 1, 4), head[4], head[5]];
  if (elf !== "ELF" || bits !== 2 || littleEndian !== 1) return { head, size, promised: 0, unwritten: false, loader: undefined };
  const programs: Table = { at: Number(head.readBigUInt64LE(32)), width: head.readUInt16LE(54), count: head.readUInt16LE(56) };
  const sections: Table = { at: Number(head.readBigUInt64LE(40)), width: head.readUInt16LE(58), count: head.readUInt16LE(60) };
  const promised = Math.max(...[programs, sections].map(({ at, width, count }) => at + width * count));
  if (promised > size) return { head, size, promised, unwritten: false, loader: undefined };
  const rows = { programs: rowsOf(read, programs), sections: rowsOf(read, sections) };
  const furthest = Math.max(promised, promisedBy(rows));
  if (furthest > size) return { head, size, promised: furthest, unwritten: false, loader: undefined };
  const unwritten = hasBlankNames(read, rows.sections[head.readUInt16LE(62)]);
  return { head, size, promised: furthest, unwritten, loader: loaderOf(read, rows.programs) };
}

interface Table {
  readonly at: number;
  readonly width: number;
  readonly count: number;
}

/** How much of each row is looked at. */
const rowBytes = 40;

/** Rows that are too short are left out: no ELF-64 file has such. */
function rowsOf(read: (at: number, length: number) => Buffer, { at, width, count }: Table): Buffer[] {
  const table = read(at, width * count);
  return Array.from({ length: count }, (_, index) => table.subarray(index * width, (index + 1) * width)).filter(
    (row) => row.length >= rowBytes,
  );
}

/** SHT_NOBITS: .bss has a size but nothing in the file. */
const withoutBytes = 8;

function promisedBy({ programs, sections }: { readonly programs: readonly Buffer[]; readonly sections: readonly Buffer[] }): number {
  let end = 0;
  for (const row of programs) end = Math.max(end, Number(row.readBigUInt64LE(8)) + Number(row.readBigUInt64LE(32)));
  for (const row of sections) {
    if (row.readUInt32LE(4) !== withoutBytes) end = Math.max(end, Number(row.readBigUInt64LE(24)) + Number(row.readBigUInt64LE(32)));
  }
  return end;
}

/** @param row of the section that holds the names of all; undefined where the file has none */
function hasBlankNames(read: (at: number, length: number) => Buffer, row: Buffer | undefined): boolean {
  const length = row === undefined ? 0 : Math.min(Number(row.readBigUInt64LE(32)), headBytes);
  return row !== undefined && length > 0 && read(Number(row.readBigUInt64LE(24)), length).every((byte) => byte === 0);
}

/** PT_INTERP */
const interpreter = 3;

/** Longer than any path (PATH_MAX). */
const longestLoader = 4096;

function loaderOf(read: (at: number, length: number) => Buffer, programs: readonly Buffer[]): string | undefined {
  const row = programs.find((each) => each.readUInt32LE(0) === interpreter);
  if (row === undefined) return undefined;
  const size = Math.min(Number(row.readBigUInt64LE(32)), longestLoader);
  return read(Number(row.readBigUInt64LE(8)), size)
    .toString("utf8")
    .replace(/\0.*$/s, "");
}
