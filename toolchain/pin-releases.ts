// Writes the checksums of all releases into pins.json: run once after a version of Pulumi or of a plugin has changed, where releases can be
// downloaded, and look at the change before it is committed.  node toolchain/pin-releases.ts
import { readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { writeWhole } from "../common/files.ts";
import { allParts, type System } from "./parts.ts";
import { extraPluginNames } from "./pins.ts";
import { type PinnedChecksums, published, pulumiReleases, type Releases } from "./releases.ts";

const systems: readonly System[] = ["linux", "darwin"].flatMap((os) => ["x64", "arm64"].map((arch) => ({ os, arch })));

/** Asks for the checksum of every part on every system. @throws DownloadError */
export async function publishedChecksums(env: NodeJS.ProcessEnv, releases: Releases): Promise<PinnedChecksums> {
  const parts = systems.flatMap((system) => allParts(env, system, extraPluginNames));
  return Object.fromEntries(await Promise.all(parts.map(async (part) => [basename(part.archive), await published(part, releases)])));
}

if (import.meta.main) {
  const file = join(import.meta.dirname, "pins.json");
  const pins = JSON.parse(await readFile(file, "utf8")) as object;
  const checksums = await publishedChecksums(process.env, pulumiReleases(process.env));
  await writeWhole(file, `${JSON.stringify({ ...pins, releases: checksums }, null, 2)}\n`);
  process.stdout.write(`${Object.keys(checksums).length} checksums are in toolchain/pins.json: npx biome check --write toolchain\n`);
}
