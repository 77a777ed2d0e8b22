import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { SettingsTrial } from "../../../cli/watch/settings-trial.ts";
import { SettingsFile } from "../../../model/settings-file.ts";

let folder = "";
let path = "";
const before = "config:\n  nitro:service:\n    binary: /service/payments # ours\n";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "nitro-trial-"));
  path = join(folder, "Pulumi.alice.yaml");
  writeFileSync(path, before);
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const text = () => readFileSync(path, "utf8");
const trial = async () => new SettingsTrial(await SettingsFile.read(path, { "service.binary": "/service/other" }));

test("nothing is written before the first swap", async () => {
  const other = await trial();
  expect(text()).toBe(before);
  await other.end();
  expect(text()).toBe(before);
});

test("what has not proved good is put back", async () => {
  const other = await trial();
  await other.begin();
  expect(text()).toContain("binary: /service/other");
  await other.begin();
  await other.end();
  expect(text()).toBe(before);
});

test("what has proved good stays, also where it ran already and nothing was swapped", async () => {
  const other = await trial();
  await other.keep();
  await other.end();
  expect(text()).toContain("binary: /service/other");
});

test("what others have written meanwhile stays", async () => {
  const other = await trial();
  await other.begin();
  writeFileSync(path, text().replace("/service/other", "/service/third"));
  await other.end();
  expect(text()).toContain("binary: /service/third");
});
