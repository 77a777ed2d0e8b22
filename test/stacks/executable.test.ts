import { expect, test } from "vitest";
import { type Arch, checkExecutable } from "../../stacks/executable.ts";
import { elf } from "./elf.ts";

const problem = (bytes: Buffer, arch: Arch = "amd64"): string => {
  try {
    checkExecutable(bytes, "./payments", arch);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  return "";
};

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

test.each([
  ["#!/bin/sh\necho hi\n", /it is a script \("#!\/bin\/sh"\)/],
  ["MZ\x90\0", /for Windows/],
  ["!<arch>\n", /library archive/],
  ["hello world", /not an executable \(it begins with 68656c6c\)/],
])("%j is named for what it is", (text, message) => {
  expect(problem(Buffer.from(text, "latin1"))).toMatch(message);
});

test.each([0xcffaedfe, 0xfeedfacf, 0xcafebabe])("a Mach-O file (%d) is named", (magic) => {
  const bytes = Buffer.alloc(64);
  bytes.writeUInt32BE(magic);
  expect(problem(bytes)).toContain("macOS");
});

test("another architecture is named, with the command that mends it", () => {
  const message = problem(elf({ machine: 183 }));
  expect(message).toContain("it is for arm64, the container engine runs amd64");
  expect(message).toContain("GOOS=linux GOARCH=amd64 CGO_ENABLED=0 go build");
  expect(problem(elf(), "arm64")).toContain("GOARCH=arm64");
});

test("an object file, a 32-bit file and a foreign loader are refused", () => {
  expect(problem(elf({ type: 1 }))).toContain("ELF file of type 1");
  expect(problem(elf({ bits: 1 }))).toContain("32-bit");
  expect(problem(elf({ loader: "/lib/ld-musl-x86_64.so.1" }))).toContain("linked dynamically against /lib/ld-musl-x86_64.so.1");
});
