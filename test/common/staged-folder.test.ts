import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { installFolder, replaceFolder } from "../../common/staged-folder.ts";
import { deadPid, testFolder } from "../toolchain/folder.ts";

const fill = (text: string) => (stage: string) => writeFile(join(stage, "file"), text);

test("a folder is made, and replaced", async () => {
  const folder = join(testFolder(), "tool", "1.0");
  await installFolder(folder, fill("one"));
  await installFolder(folder, fill("two"));
  expect(readFileSync(join(folder, "file"), "utf8")).toBe("two");
  expect(readdirSync(join(folder, ".."))).toEqual(["1.0"]);
});

test("a failure leaves the old folder, and nothing beside it", async () => {
  const folder = join(testFolder(), "tool");
  await installFolder(folder, fill("one"));
  const half = installFolder(folder, async (stage) => {
    await fill("half")(stage);
    throw new Error("no more");
  });
  await expect(half).rejects.toThrow("no more");
  expect(readFileSync(join(folder, "file"), "utf8")).toBe("one");
  expect(readdirSync(join(folder, ".."))).toEqual(["tool"]);
});

test("what dead processes left goes away, what living ones make stays", async () => {
  const parent = testFolder();
  mkdirSync(join(parent, `.new-${deadPid}-tool`));
  mkdirSync(join(parent, `.new-${deadPid}-tool.old`));
  mkdirSync(join(parent, `.new-${process.ppid}-other`));
  await installFolder(join(parent, "tool"), fill("one"));
  expect(readdirSync(parent).sort()).toEqual([`.new-${process.ppid}-other`, "tool"]);
});

test("a process that is killed half-way leaves no half tool", async () => {
  const parent = testFolder();
  const program = `
    import { installFolder } from ${JSON.stringify(join(import.meta.dirname, "../../common/staged-folder.ts"))};
    import { writeFileSync } from "node:fs";
    await installFolder(${JSON.stringify(join(parent, "tool"))}, async (stage) => {
      writeFileSync(stage + "/file", "half");
      console.log("half-way");
      setInterval(() => {}, 1000);
      await new Promise(() => {});
    });`;
  writeFileSync(join(parent, "program.ts"), program);
  const child = spawn(process.execPath, [join(parent, "program.ts")], { stdio: ["ignore", "pipe", "inherit"] });
  await new Promise((halfWay) => child.stdout.once("data", halfWay));
  child.kill("SIGKILL");
  await new Promise((ended) => child.once("close", ended));
  expect(existsSync(join(parent, "tool"))).toBe(false);
  expect(readdirSync(parent)).toHaveLength(2);

  await installFolder(join(parent, "tool"), fill("whole"));
  expect(readFileSync(join(parent, "tool", "file"), "utf8")).toBe("whole");
  expect(readdirSync(parent).sort()).toEqual(["program.ts", "tool"]);
});

test("of two at once in one process each has a stage of its own, and the place holds one whole folder", async () => {
  const folder = join(testFolder(), "tool");
  await Promise.all(["one", "two"].map((text) => installFolder(folder, fill(text))));
  expect(["one", "two"]).toContain(readFileSync(join(folder, "file"), "utf8"));
  expect(readdirSync(join(folder, ".."))).toEqual(["tool"]);
});

test("a folder that cannot be put in place leaves the old one there", async () => {
  const parent = testFolder();
  mkdirSync(join(parent, "place"));
  writeFileSync(join(parent, "place", "file"), "old");
  await expect(replaceFolder(join(parent, "none"), join(parent, "place"))).rejects.toThrow("ENOENT");
  expect(readFileSync(join(parent, "place", "file"), "utf8")).toBe("old");
});
