import { mkdirSync, mkdtempSync, renameSync, rmSync, unlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type Unwatch, watchFile } from "../../../cli/watch/files.ts";
import { waitFor } from "../../../testing/wait-for.ts";

let folder = "";
const ends: Unwatch[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "nitro-watch-"));
});
afterEach(() => {
  for (const end of ends.splice(0)) end();
  rmSync(folder, { recursive: true, force: true });
});

/** Longer than a change takes to be told. */
const settled = () => sleep(600);

test("a file is told about when it is written, replaced, removed and comes back", async () => {
  const file = join(folder, "payments");
  writeFileSync(file, "one");
  let changes = 0;
  ends.push(watchFile(file, () => void changes++));
  await settled();
  expect(changes).toBe(0);
  const steps = [
    () => writeFileSync(file, "twice"),
    () => {
      writeFileSync(`${file}.new`, "third");
      renameSync(`${file}.new`, file);
    },
    () => unlinkSync(file),
    () => writeFileSync(file, "back"),
  ];
  for (const step of steps) {
    const before = changes;
    step();
    await waitFor(() => changes > before, { what: "the change" });
    await settled();
  }
});

test("a file in a folder that is not there yet is told about", async () => {
  const file = join(folder, "build", "payments");
  let changes = 0;
  ends.push(watchFile(file, () => void changes++));
  await settled();
  mkdirSync(join(folder, "build"));
  writeFileSync(file, "one");
  await waitFor(() => changes > 0, { what: "the change" });
});
