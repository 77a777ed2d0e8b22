import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, test } from "vitest";
import { parseSettings } from "../../model/settings.ts";
import { type SettingChanges, SettingsFile, settingsPath, withoutBroken } from "../../model/settings-file.ts";

const text = `# mine
encryptionsalt: v1:abc
config:
  nitro:bootstrap: manual # for the demo
  nitro:service:
    binary: /tmp/old
`;

let folder: string;
let path: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "nitro-settings-"));
  path = settingsPath(folder, "alice");
});
afterEach(() => rm(folder, { recursive: true }));

async function read(content: string, changes: SettingChanges = {}): Promise<SettingsFile> {
  await writeFile(path, content);
  return await SettingsFile.read(path, changes);
}

async function withSettings(content: string, changes: SettingChanges): Promise<string> {
  return (await read(content, changes)).text;
}

describe("changes", () => {
  it("change what differs and keep comments and everything else", async () => {
    expect(await withSettings(text, { "service.binary": "/tmp/new: x" })).toBe(text.replace("/tmp/old", '"/tmp/new: x"'));
  });

  it("leave the same text where nothing differs", async () => {
    const file = await read(text, { bootstrap: "manual", "service.binary": undefined });
    expect(file).toMatchObject({ text, changed: false });
    expect(await read(text, { bootstrap: "auto" })).toHaveProperty("changed", true);
    expect(await SettingsFile.read(`${path}.none`)).toHaveProperty("changed", false);
  });

  it("take away what is null, and nothing where it is not there", async () => {
    const changed = await read(text, { "service.binary": null, "service.image": null, "build.command": null });
    expect(changed.text).toBe(text.replace("  nitro:service:\n    binary: /tmp/old\n", ""));
    expect(parseSettings(changed.raw, "alice").service.binary).toBeUndefined();
    expect(await withSettings("", { "service.binary": null })).toBe("");
  });

  it("leave an object that holds more, and write into one without parts as into a new one", async () => {
    const more = "config:\n  nitro:service:\n    # by the team\n    host: a\n    binary: b\n";
    expect(await withSettings(more, { "service.binary": null })).toBe(more.replace("    binary: b\n", ""));
    const emptied = "config:\n  nitro:service: {}\n  nitro:bootstrap: auto\n";
    expect(await withSettings(emptied, { "service.binary": "b" })).toBe(
      "config:\n  nitro:service:\n    binary: b\n  nitro:bootstrap: auto\n",
    );
    const alone = "config:\n  nitro:service:\n    binary: b\n";
    expect(await withSettings(`encryptionsalt: v1:x\n${alone}`, { "service.binary": null })).toBe("encryptionsalt: v1:x\n");
    expect(await withSettings(alone, { "service.binary": null })).toBe("{}\n");
    for (const nothing of ["{}\n", "config: {}\n"]) expect(await withSettings(nothing, { "service.binary": "b" })).toBe(alone);
  });

  it("add settings to a file without any", async () => {
    const added = await read("encryptionsalt: v1:abc\n", { "authorization.mode": "manual" });
    expect(added.text).toBe("encryptionsalt: v1:abc\nconfig:\n  nitro:authorization:\n    mode: manual\n");
    expect(parseSettings(added.raw, "alice").authorization.mode).toBe("manual");
    expect(parseSettings((await read("", { bootstrap: "manual" })).raw, "alice").bootstrap).toBe("manual");
  });

  it("take the place of an object that holds nothing, and of a key without a namespace, as pulumi reads it", async () => {
    const changed = await withSettings("config:\n  nitro:service:\n  bootstrap: auto\n", { "service.binary": "b", bootstrap: "manual" });
    expect(changed).toBe("config:\n  bootstrap: manual\n  nitro:service:\n    binary: b\n");
  });

  it("say that a file is no YAML, or no settings", async () => {
    await expect(withSettings("a: [", { bootstrap: "auto" })).rejects.toThrow("not valid YAML");
    await expect(withSettings("hello", { bootstrap: "auto" })).rejects.toThrow('Pulumi.alice.yaml holds no settings, but "hello"');
    await expect(withSettings("config: hello", {})).rejects.toThrow('no settings below config, but "hello"');
  });
});

describe("write", () => {
  it("puts a file back as it was", async () => {
    const restore = await (await read(text, { bootstrap: "auto" })).write();
    expect(parseSettings((await SettingsFile.read(path)).raw, "alice").bootstrap).toBe("auto");
    await restore();
    expect(await readFile(path, "utf8")).toBe(text);
  });

  it("removes a file that was not there, and leaves nothing beside it", async () => {
    const restore = await (await SettingsFile.read(path, { bootstrap: "auto" })).write();
    expect(await readdir(folder)).toEqual(["Pulumi.alice.yaml"]);
    await restore();
    expect(await readdir(folder)).toEqual([]);
  });

  it("keeps what others wrote since it was read, and puts that back", async () => {
    const file = await SettingsFile.read(path, { bootstrap: "manual" });
    const salted = "encryptionsalt: v1:abc\n";
    await writeFile(path, salted);
    const restore = await file.write();
    expect(await readFile(path, "utf8")).toBe(`${salted}config:\n  nitro:bootstrap: manual\n`);
    await restore();
    expect(await readFile(path, "utf8")).toBe(salted);
  });

  it("does not take a file that has to be there for an empty one", async () => {
    await expect(SettingsFile.read(path, {}, false)).rejects.toThrow(`${path} cannot be read: ENOENT`);
  });
});

test("a broken file is put aside for what needs no settings, and comes back", async () => {
  const files: string[][] = [];
  const look = async () => void files.push(await readdir(folder));
  await writeFile(path, text);
  await withoutBroken(path, look);
  await writeFile(path, "a: [");
  await withoutBroken(path, look);
  const failed = withoutBroken(path, async () => {
    await writeFile(path, "pulumi's");
    throw new Error("not removed");
  });
  await expect(failed).rejects.toThrow("not removed");
  expect(files).toEqual([["Pulumi.alice.yaml"], ["Pulumi.alice.broken.yaml"]]);
  expect(await readdir(folder)).toEqual(["Pulumi.alice.yaml"]);
  expect(await readFile(path, "utf8")).toBe("a: [");
});

describe("what the program gets", () => {
  it("is what pulumi hands to it (pulumi config --json of 3.256)", async () => {
    const { raw, complete } = await read(
      "config:\n  nitro:service:\n  bootstrap: manual\n  nitro:ports:\n    base: 20000\n  nitro:y: true\n  nitro:x: 1.50\n  other:k: v\n",
    );
    const handed = {
      "nitro:service": "",
      "nitro:bootstrap": "manual",
      "nitro:ports": '{"base":20000}',
      "nitro:y": "true",
      "nitro:x": "1.5",
    };
    expect(raw).toEqual(handed);
    expect(complete).toBe(true);
  });

  it("has the names of settings whose namespace has a slip, for the check to tell", async () => {
    const { raw } = await read("config:\n  nirto:bootstrap: manual\n  intro:secret:\n    secure: v1:abc\n  aws:region: x\n");
    expect(raw).toEqual({ "nirto:bootstrap": "", "intro:secret": "" });
    expect(() => parseSettings(raw, "alice")).toThrow("nirto:bootstrap is no setting of ours (did you mean nitro:bootstrap?)");
  });

  it("authorizes by default no custodian that moves money, and else those that pulumi config set --path writes", async () => {
    for (const content of ["", "encryptionsalt: v1:x\n", "config:\n  nitro:bootstrap: manual\n"]) {
      expect(parseSettings((await read(content)).raw, "alice").authorization).toEqual({ mode: "auto", custodians: [] });
    }
    const { raw } = await read("config:\n  nitro:authorization:\n    custodians:\n      - zebpay\n    mode: manual\n");
    expect(parseSettings(raw, "alice").authorization).toEqual({ mode: "manual", custodians: ["zebpay"] });
  });

  it("is not known where it is encrypted, or comes from elsewhere", async () => {
    const secret = "secure: v1:abc:def";
    const file = await read(
      `config:\n  nitro:aws:\n    profile:\n      ${secret}\n    region: us-east-1\n  nitro:bootstrap:\n    ${secret}\n  nitro:authorization:\n    custodians:\n      - ${secret}\n      - zebpay\n`,
    );
    expect(file.raw).toEqual({ "nitro:aws": '{"region":"us-east-1"}', "nitro:authorization": '{"custodians":["zebpay"]}' });
    expect(file.encrypted).toEqual(["aws.profile", "bootstrap", "authorization.custodians.0"]);
    expect(file.complete).toBe(false);
    expect(["aws", "aws.profile", "bootstrap", "authorization"].map((path) => file.hides(path))).toEqual([true, true, true, true]);
    expect(["aws.region", "authorization.mode", "boot", "service"].map((path) => file.hides(path))).toEqual([false, false, false, false]);
    expect((await read("environment:\n  - team/dev\n")).complete).toBe(false);
  });
});
