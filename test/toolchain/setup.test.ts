import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, realpathSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import { Steps } from "../../common/steps.ts";
import { allParts, extraParts, isInstalled, originOf, type ToolPart } from "../../toolchain/parts.ts";
import { publishedChecksums } from "../../toolchain/pin-releases.ts";
import { downloadPart, published } from "../../toolchain/releases.ts";
import { ensurePulumi } from "../../toolchain/setup.ts";
import { script, testFolder } from "./folder.ts";
import { archive, folderOf, releaseServer } from "./releases.ts";
import { standIn } from "./server.ts";

let env: NodeJS.ProcessEnv;
let folder: string;
let printed = "";

/** Everything but Go and Pulumi is on this PATH. */
beforeEach(() => {
  folder = testFolder();
  printed = "";
  env = { NITRO_HOME: join(folder, "home"), HOME: folder, PATH: "/usr/bin:/bin" };
});

function steps(): Steps {
  const write = (text: string) => {
    printed += text;
    return true;
  };
  return new Steps({ isTTY: false, columns: 80, write });
}

const part = (name: ToolPart["name"]): ToolPart => {
  const found = allParts(env).find((each) => each.name === name);
  if (found === undefined) throw new Error(`no part ${name}`);
  return found;
};

/** A Go that builds scripts. `go build -o folder/ package…` is all it knows besides its version. */
function fakeGo(): string {
  return script(
    join(folder, "go-bin", "go"),
    `[ "$1" = version ] && { echo go version go1.25.11 linux/amd64; exit; }
     echo "$PWD $GOOS $CGO_ENABLED $GOTOOLCHAIN $*" >>${folder}/built
     while [ "$1" != -o ]; do shift; done
     output=$2; shift 2
     for package; do printf '#!/bin/sh\\necho built "$@"\\n' >"$output\${package##*/}"; chmod +x "$output\${package##*/}"; done`,
  );
}

describe("ensurePulumi", () => {
  it("installs checked releases, and does nothing the second time", async () => {
    const server = await releaseServer(env, (_, good) => good);
    env.NITRO_PULUMI_RELEASES = `${server.url}/`;
    await ensurePulumi(env, steps());
    expect(allParts(env).map(originOf)).toEqual(["release", "release", "release"]);
    const pulumi = join(part("pulumi").folder, "bin", "pulumi");
    expect(execFileSync(pulumi, { encoding: "utf8" })).toBe(`pulumi ${part("pulumi").version}\n`);
    expect(printed).toContain(`✓ Pulumi ${part("pulumi").version} (release)`);

    const requests = server.asked.length;
    await ensurePulumi(env, steps());
    expect(server.asked).toHaveLength(requests);
    expect(allParts(env).flatMap((each) => readdirSync(folderOf(each)).filter((name) => name.startsWith(".")))).toEqual([]);
  });

  it("installs the aws plugin for those who ask for it, released or built, and for nobody else", async () => {
    const server = await releaseServer(env, (each, good) => (each.name === "aws" ? undefined : good));
    env = { ...env, NITRO_PULUMI_RELEASES: server.url, PATH: `${fakeGo()}:${env.PATH}` };
    await ensurePulumi(env, steps());
    expect(extraParts(env).map(originOf)).toEqual([undefined]);
    await ensurePulumi(env, steps(), ["aws"]);
    expect(extraParts(env).map(originOf)).toEqual(["Go modules"]);
    const built = readFileSync(join(folder, "built"), "utf8").trim().split("\n");
    expect(built).toHaveLength(1);
    expect(built[0]).toMatch(/main\.awsVersion=[\d.]+ .*\.\/pulumi-resource-aws$/);
    expect(printed).toMatch(/Pulumi's aws plugin [\d.]+, built from Go modules/);
    await ensurePulumi(env, steps(), ["aws"]);
    expect(readFileSync(join(folder, "built"), "utf8").trim().split("\n")).toHaveLength(1);
  });

  it("builds a plugin again whose sources have changed since, and no other part", async () => {
    env = { ...env, NITRO_PULUMI_RELEASES: "http://127.0.0.1:1", PATH: `${fakeGo()}:${env.PATH}` };
    await ensurePulumi(env, steps(), ["aws"]);
    const [aws] = extraParts(env);
    if (aws === undefined) throw new Error("no part aws");
    const before = readFileSync(join(folder, "built"), "utf8");
    writeFileSync(join(aws.folder, ".sources"), "of an older version");
    expect(isInstalled(aws)).toBe(false);
    await ensurePulumi(env, steps(), ["aws"]);
    expect(isInstalled(aws)).toBe(true);
    const built = readFileSync(join(folder, "built"), "utf8").slice(before.length).trim().split("\n");
    expect(built).toEqual([expect.stringMatching(/\.\/pulumi-resource-aws$/)]);
  });

  it("downloads the aws plugin where it can be had, checked like the others", async () => {
    const server = await releaseServer(env, (_, good) => good);
    env.NITRO_PULUMI_RELEASES = server.url;
    await ensurePulumi(env, steps(), ["aws"]);
    expect(extraParts(env).map(originOf)).toEqual(["release"]);
    expect(server.asked.some((path) => path.includes("pulumi-aws_"))).toBe(true);
  });

  it("downloads once where two set-ups run at the same time", async () => {
    const server = await releaseServer(env, (_, good) => good);
    env.NITRO_PULUMI_RELEASES = server.url;
    await Promise.all([ensurePulumi(env, steps()), ensurePulumi(env, steps())]);
    expect(server.asked).toHaveLength(6);
    expect(allParts(env).every(isInstalled)).toBe(true);
  });

  it.each<[string, (archive: Buffer) => Buffer | undefined, string]>([
    ["a wrong checksum", () => Buffer.from("malware"), "its checksum is"],
    ["a truncated archive", (good) => good.subarray(0, good.length / 2), "its checksum is"],
    ["a missing archive", () => undefined, "the server answered 404"],
  ])("builds from Go modules what %s keeps from being downloaded", async (_, change, reason) => {
    const server = await releaseServer(env, (each, good) => (each.name === "docker" ? change(good) : good));
    env.NITRO_PULUMI_RELEASES = server.url;
    env.PATH = `${fakeGo()}:${env.PATH}`;
    await ensurePulumi(env, steps());
    expect(printed).toContain(reason);
    expect(allParts(env).map(originOf)).toEqual(["release", "Go modules", "Go modules"]);
  });

  it("builds everything where no server answers, with a Go environment of its own", async () => {
    env = { ...env, NITRO_PULUMI_RELEASES: "http://127.0.0.1:1", PATH: `${fakeGo()}:${env.PATH}`, GOOS: "windows" };
    await ensurePulumi(env, steps());
    expect(allParts(env).map(originOf)).toEqual(["Go modules", "Go modules", "Go modules"]);
    const built = readFileSync(join(folder, "built"), "utf8").trim().split("\n");
    expect(built).toHaveLength(2);
    expect(built[0]).toContain(`toolchain/go/pulumi ${process.platform} 0 local build -v -mod=readonly`);
    expect(built[0]).toContain(`main.dockerVersion=${part("docker").version}`);
    expect(built[1]).toContain("toolchain/go/language-nodejs");
    expect(readdirSync(join(folder, "home", "build"))).toEqual([]);
  });

  it("starts the language host that it built without the compiler, with everything that Pulumi tells it", async () => {
    env = { ...env, NITRO_PULUMI_RELEASES: "http://127.0.0.1:1", PATH: `${fakeGo()}:${env.PATH}` };
    await ensurePulumi(env, steps());
    const host = join(part("pulumi").folder, "bin", "pulumi-language-nodejs");
    const args = ["-root=/a b", "127.0.0.1:1"];
    expect(execFileSync(host, args, { encoding: "utf8" })).toBe("built -typescript=false -root=/a b 127.0.0.1:1\n");
  });

  it("leaves nothing of a build that fails, and shows the compiler's words", async () => {
    const go = script(
      join(folder, "go-bin", "go"),
      `[ "$1" = version ] && { echo go version go1.26.0; exit; }; echo undefined: x >&2; exit 1`,
    );
    env = { ...env, NITRO_PULUMI_RELEASES: "http://127.0.0.1:1", PATH: `${go}:${env.PATH}` };
    await expect(ensurePulumi(env, steps())).rejects.toThrow("undefined: x");
    expect(allParts(env).some(({ folder: made }) => existsSync(made))).toBe(false);
  });

  it("uses the Pulumi that is installed where it fits", async () => {
    const server = await releaseServer(env, (_, good) => good);
    const bin = script(join(folder, "bin", "pulumi"), "echo v3.999.1");
    script(join(folder, "bin", "pulumi-language-nodejs"), "true");
    env = { ...env, NITRO_PULUMI_RELEASES: server.url, PATH: `${bin}:${env.PATH}` };
    await ensurePulumi(env, steps());
    expect(allParts(env).map(originOf)).toEqual(["the user's own", "release", "release"]);
    expect(realpathSync(join(part("pulumi").folder, "bin", "pulumi"))).toBe(realpathSync(join(bin, "pulumi")));
  });

  it.each(["v3.1.0", "v4.0.0", "no version"])("does not use an installed Pulumi %s", async (version) => {
    const server = await releaseServer(env, (_, good) => good);
    const bin = script(join(folder, "bin", "pulumi"), `echo ${version}`);
    script(join(folder, "bin", "pulumi-language-nodejs"), "true");
    env = { ...env, NITRO_PULUMI_RELEASES: server.url, PATH: `${bin}:${env.PATH}` };
    await ensurePulumi(env, steps());
    expect(originOf(part("pulumi"))).toBe("release");
  });
});

describe("downloadPart", () => {
  const limits = { answerMs: 2_000, stallMs: 2_000 };

  it("refuses a page in place of the checksums", async () => {
    const { url } = await standIn({ [`/${part("random").checksums}`]: "<html>blocked</html>" });
    await expect(downloadPart(part("random"), { url, limits })).rejects.toThrow("it names no pulumi-resource-random");
  });

  it("gives up on a server that hangs", async () => {
    const { url } = await standIn({ [`/${part("random").checksums}`]: () => undefined });
    await expect(downloadPart(part("random"), { url, limits: { ...limits, answerMs: 50 } })).rejects.toThrow("no answer within");
  });

  it("takes a pinned checksum's word, and asks for no other", async () => {
    const random = part("random");
    const server = await releaseServer(env, (_, good) => good);
    const name = basename(random.archive);
    const wrong = "0".repeat(64);
    await expect(downloadPart(random, { url: server.url, limits }, { [name]: wrong })).rejects.toThrow(`published is ${wrong}`);
    expect(existsSync(random.folder)).toBe(false);
    const right = await published(random, { url: server.url, limits });
    server.asked.length = 0;
    await downloadPart(random, { url: server.url, limits }, { [name]: right });
    expect(server.asked).toEqual([`/${random.archive}`]);
    expect(isInstalled(random)).toBe(true);
  });

  it("refuses an archive without the executables, and installs nothing of it", async () => {
    const pulumi = part("pulumi");
    const server = await releaseServer(env, (each, good) => (each.name === "pulumi" ? archive(pulumi, ["pulumi"]) : good));
    await expect(downloadPart(pulumi, { url: server.url, limits })).rejects.toThrow();
    expect(readdirSync(folderOf(pulumi))).toEqual([]);
  });
});

describe("publishedChecksums", () => {
  it("has every part of every system, as published", async () => {
    const every = ["linux", "darwin"].flatMap((os) => ["x64", "arm64"].flatMap((arch) => allParts(env, { os, arch }, ["aws"])));
    const digests = new Map(every.map(({ archive: path }, index) => [basename(path), String(index).padStart(64, "0")]));
    const text = [...digests].map(([name, digest]) => `${digest}  ${name}\n`).join("");
    const { url } = await standIn(Object.fromEntries(every.map(({ checksums }) => [`/${checksums}`, text])));
    const found = await publishedChecksums(env, { url, limits: { answerMs: 2_000, stallMs: 2_000 } });
    expect(found).toEqual(Object.fromEntries(digests));
    expect(Object.keys(found)).toHaveLength(16);
  });
});

describe("allParts", () => {
  it("names releases as they are published", () => {
    const names = allParts(env, { os: "darwin", arch: "arm64" }).map((each) => each.archive);
    expect(names[0]).toMatch(/^sdk\/pulumi-v[\d.]+-darwin-arm64\.tar\.gz$/);
    expect(names[1]).toMatch(/^plugins\/pulumi-resource-docker-v[\d.]+-darwin-arm64\.tar\.gz$/);
    const linux = allParts(env, { os: "linux", arch: "x64" }).map((each) => each.archive);
    expect(linux[0]).toMatch(/-linux-x64\.tar\.gz$/);
    expect(linux[2]).toMatch(/^plugins\/pulumi-resource-random-v[\d.]+-linux-amd64\.tar\.gz$/);
  });
});
