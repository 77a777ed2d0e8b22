import { UserError } from "../common/errors.ts";
import type { Arch } from "../docker/types.ts";
import { type ExecutableHeaders, headersOf } from "./elf-headers.ts";
import { foreignFormat } from "./foreign-format.ts";

const archs = ["amd64", "arm64"] as const satisfies readonly Arch[];
const machines: Record<Arch, number> = { amd64: 62, arm64: 183 };
const machineNames = new Map<number, string>([
  [3, "386"],
  [8, "mips"],
  [20, "ppc"],
  [21, "ppc64"],
  [22, "s390x"],
  [40, "arm"],
  [62, "amd64"],
  [183, "arm64"],
  [243, "riscv64"],
  [258, "loong64"],
]);

/** Systems that mark their ELF files as their own (EI_OSABI); Linux's carry 0 (System V) or 3. */
const otherSystems = new Map<number, string>([
  [2, "NetBSD"],
  [6, "Solaris"],
  [9, "FreeBSD"],
  [12, "OpenBSD"],
]);

/** Dynamic loaders that our Debian base image brings. */
const knownLoaders = new Set(["/lib64/ld-linux-x86-64.so.2", "/lib/ld-linux-aarch64.so.1"]);

/** The executable cannot run in the stack's containers; the message says why and which command mends it. */
export class ExecutableError extends UserError {
  override readonly name = "ExecutableError";
}

/**
 * Checks that a file's bytes are a complete executable for Linux on the engine's architecture.
 * @param path the file's path, for the messages alone
 * @param arch the engine's; undefined where that is not known: then either will do
 * @throws ExecutableError
 */
export function checkExecutable(bytes: Buffer, path: string, arch: Arch | undefined): void {
  checkHeaders(
    headersOf((at, length) => bytes.subarray(at, at + length), bytes.length),
    path,
    arch,
  );
}

/**
 * The same by a file's headers, without the rest of it.
 * @throws ExecutableError
 */
export function checkHeaders({ head, size, promised, unwritten, loader }: ExecutableHeaders, path: string, arch: Arch | undefined): void {
  const allowed = arch === undefined ? archs : [arch];
  const engine = arch ?? "amd64 or arm64";
  const build = `build it with: GOOS=linux GOARCH=${arch ?? (process.arch === "arm64" ? "arm64" : "amd64")} CGO_ENABLED=0 go build`;
  const fail = (what: string, mend = build): never => {
    throw new ExecutableError(`executable ${path}: ${what}; needed is a complete Linux executable (ELF) for ${engine}; ${mend}`);
  };
  if (size === 0) fail("the file is empty (is a build still writing it?)");
  if (head.readUInt8(0) !== 0x7f || head.toString("latin1", 1, 4) !== "ELF") fail(foreignFormat(head));
  if (size < 64) fail(`the file ends after ${size} bytes, inside its header: it is cut off or still being written`);
  const littleEndian = head[5] === 1;
  const machine = littleEndian ? head.readUInt16LE(18) : head.readUInt16BE(18);
  if (head[4] !== 2 || !littleEndian) {
    const kind = head[4] === 2 ? "big-endian" : "32-bit";
    fail(`it is a ${kind} ELF file for ${machineNames.get(machine) ?? `machine ${machine}`}, the container engine runs ${engine}`);
  }
  const system = otherSystems.get(head.readUInt8(7));
  if (system !== undefined) fail(`it is for ${system}, not for Linux`);
  if (!allowed.some((each) => machine === machines[each])) {
    fail(`it is for ${machineNames.get(machine) ?? `machine ${machine}`}, the container engine runs ${engine}`);
  }
  const type = head.readUInt16LE(16);
  if (type !== 2 && type !== 3) fail(`it is an ELF file of type ${type}, not an executable (is it an object file or a core dump?)`);
  if (promised > size) {
    fail(
      `the file has ${size} bytes, its headers promise ${promised}: it is cut off or still being written`,
      `wait for the build, or ${build}`,
    );
  }
  if (unwritten) fail("zeros are where the names of its sections are to be: it is still being written", `wait for the build, or ${build}`);
  if (loader !== undefined && !knownLoaders.has(loader)) {
    fail(`it is linked dynamically against ${loader}, which the containers do not have`);
  }
}
