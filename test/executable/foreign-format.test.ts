import { expect, test } from "vitest";
import { foreignFormat } from "../../executable/foreign-format.ts";

/** First two words of a file, as they lie on the disk. */
const words = (hex: string) => Buffer.concat([Buffer.from(hex, "hex"), Buffer.alloc(56)]);

// mach-o/loader.h: MH_MAGIC and MH_MAGIC_64 in both byte orders, then cputype.
test.each([
  ["cffaedfe0c000001", "arm64"],
  ["cffaedfe07000001", "amd64"],
  ["cefaedfe07000000", "386"],
  ["feedfacf0100000c", "arm64"],
  ["feedface0000000c", "arm"],
])("Mach-O %s is for %s", (hex, arch) => {
  expect(foreignFormat(words(hex))).toBe(`it is an executable for macOS (Mach-O, ${arch})`);
});

test("a Mach-O file for a processor nobody knows is still one", () => {
  expect(foreignFormat(words("cffaedfe99000000"))).toBe("it is an executable for macOS (Mach-O)");
});

// mach-o/fat.h: FAT_MAGIC and FAT_MAGIC_64 in both byte orders, then the number of architectures.
test.each(["cafebabe00000002", "cafebabf00000002", "bebafeca02000000", "bfbafeca02000000"])("%s is a universal Mach-O file", (hex) => {
  expect(foreignFormat(words(hex))).toBe("it is an executable for macOS (universal Mach-O)");
});

test("a Java class begins alike and is told apart by its version", () => {
  expect(foreignFormat(words("cafebabe00000034"))).toBe("it is a Java class");
});

function pe(machine: number): Buffer {
  const bytes = Buffer.alloc(0x100);
  bytes.write("MZ", 0, "latin1");
  bytes.writeUInt32LE(0x80, 0x3c);
  bytes.write("PE\0\0", 0x80, "latin1");
  bytes.writeUInt16LE(machine, 0x84);
  return bytes;
}

test.each([
  [0x8664, "amd64"],
  [0xaa64, "arm64"],
  [0x014c, "386"],
])("PE machine %d is %s", (machine, arch) => {
  expect(foreignFormat(pe(machine))).toBe(`it is an executable for Windows (PE, ${arch})`);
});

test("a PE file that is cut off, or an old DOS one, is still named", () => {
  for (const length of [2, 0x40, 0x84]) expect(foreignFormat(pe(0x8664).subarray(0, length))).toBe("it is an executable for Windows (PE)");
});
