interface ElfOptions {
  readonly machine?: number;
  readonly type?: number;
  readonly length?: number;
  readonly bits?: number;
  readonly system?: number;
  readonly loader?: string;
}

/** A minimal ELF-64 file: header, one program header, content, one section header. */
export function elf(options: ElfOptions = {}): Buffer {
  const bytes = Buffer.alloc(512);
  Buffer.from([0x7f, 0x45, 0x4c, 0x46, options.bits ?? 2, 1, 1, options.system ?? 0]).copy(bytes);
  bytes.writeUInt16LE(options.type ?? 2, 16);
  bytes.writeUInt16LE(options.machine ?? 62, 18);
  bytes.writeBigUInt64LE(64n, 32); // program headers at 64
  bytes.writeBigUInt64LE(448n, 40); // section headers at the end
  bytes.writeUInt16LE(56, 54);
  bytes.writeUInt16LE(1, 56);
  bytes.writeUInt16LE(64, 58);
  bytes.writeUInt16LE(1, 60);
  bytes.writeUInt32LE(options.loader === undefined ? 1 : 3, 64);
  bytes.writeBigUInt64LE(128n, 72);
  bytes.writeBigUInt64LE(64n, 96);
  if (options.loader !== undefined) bytes.write(`${options.loader}\0`, 128);
  return bytes.subarray(0, options.length ?? bytes.length);
}
