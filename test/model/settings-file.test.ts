import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { StackConfig, setting, withSettings } from "../../model/settings-file.ts";

const text = `# mine
encryptionsalt: v1:abc
config:
  nitro:bootstrap: manual # for the demo
  nitro:service:
    binary: /tmp/old
`;

describe("withSettings", () => {
  it("changes what differs and keeps comments and everything else", () => {
    expect(withSettings(text, { "service.binary": "/tmp/new: x" })).toBe(text.replace("/tmp/old", '"/tmp/new: x"'));
  });

  it("returns the same text where nothing differs", () => {
    expect(withSettings(text, { bootstrap: "manual", "service.binary": undefined })).toBe(text);
  });

  it("adds settings to a file without any", () => {
    const added = withSettings("encryptionsalt: v1:abc\n", { "authorization.mode": "manual" });
    expect(added).toBe("encryptionsalt: v1:abc\nconfig:\n  nitro:authorization:\n    mode: manual\n");
    expect(setting(added, "authorization.mode")).toBe("manual");
    expect(setting(withSettings("", { bootstrap: "auto" }), "bootstrap")).toBe("auto");
  });

  it("says that a file is no YAML", () => {
    expect(() => withSettings("a: [", { bootstrap: "auto" })).toThrow("not valid YAML");
  });
});

describe("StackConfig", () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "nitro-config-"));
  });
  afterEach(() => rm(folder, { recursive: true }));

  it("puts a file back as it was", async () => {
    const config = new StackConfig(folder, "alice");
    await writeFile(config.file, text);
    const restore = await config.change({ bootstrap: "auto" });
    expect(await config.get("bootstrap")).toBe("auto");
    await restore();
    expect(await readFile(config.file, "utf8")).toBe(text);
  });

  it("removes a file that was not there, and leaves nothing beside it", async () => {
    const config = new StackConfig(folder, "alice");
    const restore = await config.change({ bootstrap: "auto" });
    expect(await readdir(folder)).toEqual(["Pulumi.alice.yaml"]);
    await restore();
    expect(await readdir(folder)).toEqual([]);
  });
});
