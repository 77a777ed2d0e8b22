import { chmodSync, mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { pulumiBin, pulumiEnvironment, searchPath } from "../../toolchain/environment.ts";
import { nitroHome, readOrCreate } from "../../toolchain/home.ts";
import { keepOwnerId, ownerId } from "../../toolchain/owner.ts";
import { testFolder } from "./folder.ts";

describe("nitroHome", () => {
  it("is NITRO_HOME, else in the user's cache folder", () => {
    expect(nitroHome({ NITRO_HOME: "/a", XDG_CACHE_HOME: "/b", HOME: "/c" })).toBe("/a");
    expect(nitroHome({ NITRO_HOME: "a" })).toBe(join(process.cwd(), "a"));
    expect(nitroHome({ XDG_CACHE_HOME: "/b", HOME: "/c" })).toBe("/b/nitro");
    expect(nitroHome({ HOME: "/c" })).toBe(process.platform === "darwin" ? "/c/Library/Caches/nitro" : "/c/.cache/nitro");
  });
});

describe("readOrCreate", () => {
  it("makes a private file once", () => {
    const path = join(testFolder(), "deep", "file");
    expect(readOrCreate(path, () => "first")).toBe("first");
    expect(readOrCreate(path, () => "second")).toBe("first");
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  it("keeps what another process made first", () => {
    const path = join(testFolder(), "file");
    const made = readOrCreate(path, () => {
      writeFileSync(path, "theirs");
      return "ours";
    });
    expect(made).toBe("theirs");
    expect(readFileSync(path, "utf8")).toBe("theirs");
  });
});

describe("ownerId", () => {
  it("stays the same for a backend, and differs between backends", () => {
    const env = { NITRO_HOME: testFolder() };
    expect(ownerId(env)).toMatch(/^[0-9a-f]{16}$/);
    expect(ownerId(env)).toBe(ownerId(env));
    expect(ownerId({ ...env, PULUMI_BACKEND_URL: "s3://team" })).not.toBe(ownerId(env));
  });

  it("is the one that a backend has taken over from a lost one, for that backend alone", async () => {
    const env = { NITRO_HOME: testFolder(), PULUMI_BACKEND_URL: "file:///backend" };
    const other = { ...env, PULUMI_BACKEND_URL: "file:///other" };
    const before = ownerId(other);
    await keepOwnerId(env, "0123456789abcdef");
    expect(ownerId(env)).toBe("0123456789abcdef");
    expect(ownerId(other)).toBe(before);
  });

  it("is the same on every machine for a backend that machines share, and not for files", () => {
    const [one, two] = [testFolder(), testFolder()];
    const shared = (NITRO_HOME: string) => ownerId({ NITRO_HOME, PULUMI_BACKEND_URL: "s3://team" });
    const files = (NITRO_HOME: string) => ownerId({ NITRO_HOME, PULUMI_BACKEND_URL: "file:///backend" });
    expect(shared(one)).toBe(shared(two));
    expect(files(one)).not.toBe(files(two));
  });
});

describe("pulumiEnvironment", () => {
  it("keeps our Pulumi apart from the user's", () => {
    const home = testFolder();
    const env = pulumiEnvironment({ NITRO_HOME: home, PATH: "/usr/bin", HOME: home });
    expect(env).toMatchObject({
      NITRO_HOME: home,
      PULUMI_HOME: join(home, "pulumi"),
      PULUMI_BACKEND_URL: `file://${home}/backend`,
      PULUMI_CONFIG_PASSPHRASE_FILE: join(home, "passphrase"),
      NODE_COMPILE_CACHE: join(home, "compile-cache"),
      DOCKER_HOST: "unix:///var/run/docker.sock",
    });
    expect(env.PATH?.split(":")[0]).toBe(pulumiBin({ NITRO_HOME: home }));
  });

  it("leaves the user's backend, passphrase and engine alone", () => {
    const home = testFolder();
    const own = { PULUMI_BACKEND_URL: "s3://team", PULUMI_CONFIG_PASSPHRASE: "", DOCKER_HOST: "tcp://engine:2375" };
    const env = pulumiEnvironment({ ...own, NITRO_HOME: home, PATH: "", HOME: home });
    expect(env).toMatchObject({ PULUMI_BACKEND_URL: "s3://team", DOCKER_HOST: "tcp://engine:2375" });
    expect(env.PULUMI_CONFIG_PASSPHRASE_FILE).toBeUndefined();
    const file = pulumiEnvironment({ NITRO_HOME: home, PULUMI_CONFIG_PASSPHRASE_FILE: "/mine", PATH: "", HOME: home });
    expect(file.PULUMI_CONFIG_PASSPHRASE_FILE).toBeUndefined();
  });
});

describe("pulumiEnvironment behind a proxy", () => {
  const past = (env: NodeJS.ProcessEnv) => {
    const home = testFolder();
    const { no_proxy, NO_PROXY } = pulumiEnvironment({ NITRO_HOME: home, PATH: "", HOME: home, ...env });
    return [no_proxy, NO_PROXY];
  };

  it("leaves loopback out, and what the user leaves out", () => {
    const loopback = "localhost,127.0.0.1,::1";
    expect(past({})).toEqual([undefined, undefined]);
    expect(past({ HTTPS_PROXY: "" })).toEqual([undefined, undefined]);
    expect(past({ grpc_proxy: "http://p:1" })).toEqual([loopback, loopback]);
    expect(past({ HTTPS_PROXY: "http://p:1", no_proxy: "a.b , localhost", NO_PROXY: "10.0.0.0/8" })).toEqual([
      `${loopback},a.b,10.0.0.0/8`,
      `${loopback},a.b,10.0.0.0/8`,
    ]);
  });
});

describe("searchPath", () => {
  it("puts our Pulumi first, and our node before another", () => {
    const folder = testFolder();
    const other = join(folder, "other");
    mkdirSync(other);
    writeFileSync(join(other, "node"), "");
    chmodSync(join(other, "node"), 0o755);
    const ours = join(folder, "ours");
    mkdirSync(ours);
    writeFileSync(join(ours, "node"), "");
    expect(searchPath(`${other}:/x`, "/pulumi", join(ours, "node"))).toBe(`/pulumi:${ours}:${other}:/x`);
  });

  it("leaves the order alone where PATH finds our node already, by whatever link, and never grows", () => {
    const folder = testFolder();
    writeFileSync(join(folder, "real"), "");
    symlinkSync(join(folder, "real"), join(folder, "node"));
    const once = searchPath(`/x:${folder}`, "/pulumi", join(folder, "real"));
    expect(once).toBe(`/pulumi:/x:${folder}`);
    expect(searchPath(once, "/pulumi", join(folder, "real"))).toBe(once);
  });
});
