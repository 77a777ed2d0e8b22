import { expect, test } from "vitest";
import type { Arch } from "../../docker/types.ts";
import { checkExecutable } from "../../executable/check.ts";
import { elf } from "./elf.ts";

const problem = (bytes: Buffer, arch: Arch = "amd64"): string => {
  try {
    checkExecutable(bytes, "./payments", arch);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  return "";
};

/** The ELF machines of the two architectures. */
const machines = { amd64: 62, arm64: 183 };

test("a complete executable of the engine's architecture passes", () => {
  expect(problem(elf())).toBe("");
  expect(problem(elf({ machine: 183, type: 3 }), "arm64")).toBe("");
  expect(problem(elf({ loader: "/lib64/ld-linux-x86-64.so.2" }))).toBe("");
});

test("every way of being cut off is seen", () => {
  for (let length = 0; length < 512; length++) {
    expect(problem(elf({ length })), `cut after ${length} bytes`).toMatch(/cut off|still being written|still writing|not an executable/);
  }
});

test("a file that has its whole length already and is not written yet is seen", () => {
  const bytes = elf();
  // The section that holds the names of all.
  bytes.writeBigUInt64LE(192n, 448 + 24);
  bytes.writeBigUInt64LE(32n, 448 + 32);
  expect(problem(bytes)).toMatch(/zeros are where the names of its sections are to be: it is still being written; .* wait for the build/);
  bytes.write(".shstrtab", 193);
  expect(problem(bytes)).toBe("");
});

test.each([
  ["#!/bin/sh\necho hi\n", /it is a script \("#!\/bin\/sh"\)/],
  ["MZ\x90\0", /for Windows/],
  ["!<arch>\n", /library archive/],
  ["hello world", /not an executable \(it begins with 68656c6c\)/],
])("%j is named for what it is", (text, message) => {
  expect(problem(Buffer.from(text, "latin1"))).toMatch(message);
});

test("another architecture is named, with the command that mends it", () => {
  const message = problem(elf({ machine: 183 }));
  expect(message).toContain("it is for arm64, the container engine runs amd64");
  expect(message).toContain("GOOS=linux GOARCH=amd64 CGO_ENABLED=0 go build");
  expect(problem(elf(), "arm64")).toContain("it is for amd64, the container engine runs arm64");
});

test.each(["amd64", "arm64"] as const)("on an engine for %s every refusal says how to build for it", (arch) => {
  const machine = machines[arch];
  const bad = [
    Buffer.alloc(0),
    Buffer.from("#!/bin/sh\n"),
    Buffer.from("MZ\x90\0"),
    Buffer.from("cffaedfe0c000001", "hex"),
    elf({ machine: arch === "amd64" ? 183 : 62 }),
    elf({ machine, length: 300 }),
    elf({ machine, type: 1 }),
    elf({ machine, bits: 1 }),
    elf({ machine, system: 9 }),
    elf({ machine, loader: "/lib/ld-musl-x86_64.so.1" }),
  ];
  for (const bytes of bad) expect(problem(bytes, arch)).toContain(`GOOS=linux GOARCH=${arch} CGO_ENABLED=0 go build`);
  expect(problem(elf({ machine }), arch)).toBe("");
});

test.each([
  [3, "386"],
  [40, "arm"],
  [243, "riscv64"],
  [9999, "machine 9999"],
])("machine %d is called %s", (machine, name) => {
  expect(problem(elf({ machine }))).toContain(`it is for ${name}, the container engine runs amd64`);
});

test.each([
  [2, "NetBSD"],
  [9, "FreeBSD"],
  [12, "OpenBSD"],
])("an ELF file of another system (%d, %s) is refused", (system, name) => {
  expect(problem(elf({ system }))).toContain(`it is for ${name}, not for Linux`);
  expect(problem(elf({ system: 3 }))).toBe("");
});

test("a big-endian file is named for what it is", () => {
  const bytes = elf();
  bytes[5] = 2;
  bytes.writeUInt16BE(22, 18);
  expect(problem(bytes)).toContain("it is a big-endian ELF file for s390x");
});

test("an object file, a 32-bit file and a foreign loader are refused", () => {
  expect(problem(elf({ type: 1 }))).toContain("ELF file of type 1");
  expect(problem(elf({ bits: 1 }))).toContain("it is a 32-bit ELF file for amd64");
  expect(problem(elf({ loader: "/lib/ld-musl-x86_64.so.1" }))).toContain("linked dynamically against /lib/ld-musl-x86_64.so.1");
});
