import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { describeFound, type Found, runsBuild } from "../../../cli/wait/waiting.ts";
import { isHash, wantedBuild, wantedFile } from "../../../cli/wait/wanted-build.ts";
import { runNitro } from "../run.ts";

const [a, b] = ["a", "b"].map((digit) => digit.repeat(64)) as [string, string];
const since = "2026-11-24T01:02:03.456Z";
const found = (service: string | undefined, worker: string | undefined, answers = true): Found[] => [
  { role: "service", state: "running", program: service === undefined ? undefined : { pid: 9, sha256: service, since }, answers },
  { role: "worker", state: "running", program: worker === undefined ? undefined : { pid: 9, sha256: worker, since }, answers: true },
];

describe("a build runs", () => {
  it("where both have it and answer", () => {
    expect(runsBuild(found(a, a), a)).toBe(true);
    expect(runsBuild(found(a, a), a.slice(0, 12))).toBe(true);
  });

  it.each([
    ["one runs another", found(a, b), a],
    ["both run another", found(b, b), a],
    ["one does not answer", found(a, a, false), a],
    ["one runs nothing", found(a, undefined), a],
    ["none runs anything", found(undefined, undefined), a],
    ["there is no build yet", found(a, a), undefined],
    ["the build vanished while it was read", found(a, a), ""],
  ])("not where %s", (_name, programs, hash) => expect(runsBuild(programs, hash)).toBe(false));

  it("is told in a line", () => {
    const [service] = found(a, b, false) as [Found];
    expect(describeFound(service)).toBe("service runs aaaaaaaaaaaa since 2026-11-24 01:02:03Z, does not answer");
    expect(describeFound({ role: "worker", state: "restarting", answers: false })).toBe("worker does not run (restarting)");
    expect(describeFound({ role: "worker", state: "running", answers: false })).toBe("worker is just starting");
  });
});

describe("the wanted build", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "nitro-wait-"));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const wanted = (given?: string) =>
    given === undefined ? wantedFile(join(folder, "configured")) : wantedBuild(given, (path) => resolve(folder, path));
  const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");
  const write = (name: string, text: string) => {
    writeFileSync(join(folder, `${name}.new`), text);
    renameSync(join(folder, `${name}.new`), join(folder, name));
  };

  it("is the configured executable by default, as soon as it is there, and anew when it changes", async () => {
    const build = wanted();
    expect(await build.current()).toBeUndefined();
    write("configured", "one");
    expect(await build.current()).toBe(sha256("one"));
    write("configured", "two");
    expect(await build.current()).toBe(sha256("two"));
  });

  it("is a file by its path", async () => {
    write("payments", "one");
    expect(await wanted("./payments").current()).toBe(sha256("one"));
  });

  it("is no folder", async () => {
    mkdirSync(join(folder, "bin"));
    await expect(wanted("./bin").current()).rejects.toMatchObject({
      message: `${join(folder, "bin")} is a folder, and no build`,
      hint: "name the file in it: --build FILE",
    });
  });

  it("is exactly the hash that is given, unless a file has that name", async () => {
    expect(await wanted(a).current()).toBe(a);
    expect(await wanted("0123456789ab").current()).toBe("0123456789ab");
    write("0123456789ab", "one");
    expect(await wanted("0123456789ab").current()).toBe(sha256("one"));
  });

  it.each([
    ["0123456789ab", true],
    [a, true],
    ["0123456789a", false],
    [`${a}a`, false],
    ["payments", false],
    ["0123456789AB", false],
  ])("%s may be a hash: %j", (text, is) => expect(isHash(text)).toBe(is));
});

it("tells what is neither a file nor enough of a hash that both are allowed", async () => {
  await expect(runNitro(["wait", "-s", "nosuch", "--build", "deadbeef"])).rejects.toMatchObject({
    message: `there is no file ${resolve("deadbeef")}, and so no build that could be waited for`,
    hint: "build it first, or name another file or a build: at least the first 12 digits of its SHA-256",
  });
});
