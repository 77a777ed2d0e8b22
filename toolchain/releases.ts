import { mkdir, readdir, rename, rm } from "node:fs/promises";
import { basename, join } from "node:path";
import { run, tail } from "../common/process.ts";
import { installFolder } from "../common/staged-folder.ts";
import { DownloadError, type DownloadLimits, downloadFile, downloadText, publishedChecksum, usualLimits } from "./download.ts";
import { type ToolPart, writeOrigin } from "./parts.ts";
import { pins } from "./pins.ts";

/** Where Pulumi publishes its releases: the only address that set-up knows. NITRO_PULUMI_RELEASES names a mirror of the same layout. */
const releasesUrl = "https://get.pulumi.com/releases";

/** How releases are reached. */
export interface Releases {
  readonly url: string;
  readonly limits: DownloadLimits;
}

export function pulumiReleases(env: NodeJS.ProcessEnv): Releases {
  return { url: (env.NITRO_PULUMI_RELEASES || releasesUrl).replace(/\/+$/, ""), limits: usualLimits };
}

/** Checksums by the name of the archive. */
export type PinnedChecksums = Readonly<Record<string, string>>;

/**
 * Downloads a part's release, checks it and installs it. What it has to be is what `pins.json` says; where that does not know the archive, what
 * was published with it.
 * @throws DownloadError; nothing is then installed
 */
export async function downloadPart(part: ToolPart, releases: Releases, pinned: PinnedChecksums = pins.releases): Promise<void> {
  const archive = basename(part.archive);
  const digest = pinned[archive] ?? (await published(part, releases));
  await installFolder(part.folder, async (stage) => {
    const unpacked = join(stage, ".archive");
    const file = join(stage, archive);
    await mkdir(unpacked);
    await downloadFile(`${releases.url}/${part.archive}`, file, digest, releases.limits);
    const result = await run("tar", ["-xzf", file, "-C", unpacked], { env: process.env });
    if (result.code !== 0) throw new DownloadError(`${releases.url}/${part.archive}`, `tar cannot unpack it: ${tail(result.output, 3)}`);
    await take(part, unpacked, stage);
    await rm(unpacked, { recursive: true });
    await rm(file);
    await writeOrigin(stage, "release");
  });
}

/** @returns the checksum that was published with a part's archive. @throws DownloadError */
export async function published(part: ToolPart, releases: Releases): Promise<string> {
  const archive = basename(part.archive);
  const checksums = await downloadText(`${releases.url}/${part.checksums}`, releases.limits);
  const digest = publishedChecksum(checksums, archive);
  if (digest === undefined) throw new DownloadError(`${releases.url}/${part.checksums}`, `it names no ${archive}`);
  return digest;
}

async function take(part: ToolPart, unpacked: string, stage: string): Promise<void> {
  const from = join(unpacked, part.archiveBin);
  const to = join(stage, part.bin);
  await mkdir(to, { recursive: true });
  const names: string[] = await readdir(from).catch(() => []);
  const missing = part.executables.find((name) => !names.includes(name));
  if (missing !== undefined) throw new DownloadError(part.archive, `there is no ${missing} in it`);
  for (const name of names) await rename(join(from, name), join(to, name));
}
