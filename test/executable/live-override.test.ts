import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { liveHashes, parseOverride, readOverride, removeOverridesOf, writeOverride } from "../../executable/live-override.ts";

const [a, b, c] = ["a", "b", "c"].map((digit) => digit.repeat(64)) as [string, string, string];
let bin: string;
const umask = process.umask();

beforeEach(() => {
  bin = mkdtempSync(join(tmpdir(), "nitro-live-"));
  process.umask(0o077);
});

afterEach(() => {
  process.umask(umask);
  rmSync(bin, { recursive: true, force: true });
});

test("an override is one line of two hashes, readable by the containers' user under any umask", async () => {
  await writeOverride(bin, "service", { declared: a, live: b });
  const file = join(bin, "live-service");
  expect(readFileSync(file, "utf8")).toBe(`${a} ${b}\n`);
  expect(statSync(file).mode & 0o777).toBe(0o644);
  expect(readdirSync(bin)).toEqual(["live-service"]);
  expect(await readOverride(bin, "service")).toEqual({ declared: a, live: b });
  expect(await readOverride(bin, "worker")).toBeUndefined();
});

test.each(["", "\n", a, `${a} ${b} ${c}\n`, `${a}  ${b}\n`, `${a.toUpperCase()} ${b}\n`, `${a} ${b}\n${a} ${b}\n`])(
  "%j is no override",
  (text) => expect(parseOverride(text)).toBeUndefined(),
);

test("what is declared again has no override left; others keep theirs", async () => {
  await writeOverride(bin, "service", { declared: a, live: b });
  await writeOverride(bin, "worker", { declared: c, live: b });
  await removeOverridesOf(bin, a);
  expect(readdirSync(bin)).toEqual(["live-worker"]);
  expect(await liveHashes(bin)).toEqual([b]);
});

test("a file that is none names no hash", async () => {
  writeFileSync(join(bin, "live-service"), "nonsense");
  expect(await liveHashes(bin)).toEqual([]);
});
