/** Mach-O's first word, read as big-endian: a file of one architecture, 32 and 64 bit, in both byte orders. */
const machO = new Map<number, "BE" | "LE">([
  [0xfeedface, "BE"],
  [0xfeedfacf, "BE"],
  [0xcefaedfe, "LE"],
  [0xcffaedfe, "LE"],
]);

/** A file of several architectures (universal, "fat"), with 32 and 64 bit offsets, in both byte orders. */
const fatMachO = new Map<number, "BE" | "LE">([
  [0xcafebabe, "BE"],
  [0xcafebabf, "BE"],
  [0xbebafeca, "LE"],
  [0xbfbafeca, "LE"],
]);

/** cputype in a Mach-O header (mach/machine.h) → Go's name. */
const machOCpus = new Map([
  [0x00000007, "386"],
  [0x01000007, "amd64"],
  [0x0000000c, "arm"],
  [0x0100000c, "arm64"],
]);

/** Machine in a PE header (PE format, COFF file header) → Go's name. */
const peMachines = new Map([
  [0x014c, "386"],
  [0x8664, "amd64"],
  [0x01c4, "arm"],
  [0xaa64, "arm64"],
]);

/** A Java class begins with the word of a universal Mach-O file; what follows is its version there, at least 45, and few architectures here. */
const mostArchitectures = 40;

/**
 * Says what a file is that is no ELF file.
 * @param bytes the whole file, or its beginning
 * @returns the end of "executable x: …"
 */
export function foreignFormat(bytes: Buffer): string {
  const text = bytes.toString("latin1", 0, 8);
  if (text.startsWith("#!")) return `it is a script (${JSON.stringify(bytes.toString("utf8", 0, 60).split("\n")[0])})`;
  if (text.startsWith("!<arch>")) return "it is a library archive (go build of a package that is not main)";
  if (text.startsWith("MZ")) return `it is an executable for Windows (PE${architecture(windowsMachine(bytes))})`;
  return appleFormat(bytes) ?? `it is not an executable (it begins with ${bytes.toString("hex", 0, 4)})`;
}

function appleFormat(bytes: Buffer): string | undefined {
  if (bytes.length < 8) return undefined;
  const magic = bytes.readUInt32BE(0);
  const second = (order: "BE" | "LE") => (order === "BE" ? bytes.readUInt32BE(4) : bytes.readUInt32LE(4));
  const thin = machO.get(magic);
  if (thin !== undefined) return `it is an executable for macOS (Mach-O${architecture(machOCpus.get(second(thin)))})`;
  const fat = fatMachO.get(magic);
  if (fat === undefined) return undefined;
  return second(fat) < mostArchitectures ? "it is an executable for macOS (universal Mach-O)" : "it is a Java class";
}

/** At 0x3c of the DOS header is the offset of the PE header, four bytes of signature and the machine. */
function windowsMachine(bytes: Buffer): string | undefined {
  if (bytes.length < 0x40) return undefined;
  const at = bytes.readUInt32LE(0x3c);
  if (at + 6 > bytes.length || bytes.toString("latin1", at, at + 4) !== "PE\0\0") return undefined;
  return peMachines.get(bytes.readUInt16LE(at + 4));
}

function architecture(name: string | undefined): string {
  return name === undefined ? "" : `, ${name}`;
}
