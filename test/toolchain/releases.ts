import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { allParts, extraParts, type ToolPart } from "../../toolchain/parts.ts";
import { script, testFolder } from "./folder.ts";
import { type StandIn, standIn } from "./server.ts";

/** A release archive with small scripts in place of the executables. */
export function archive(part: ToolPart, executables: readonly string[] = part.executables): Buffer {
  const folder = join(testFolder(), "content");
  mkdirSync(folder);
  for (const name of executables) script(join(folder, part.archiveBin, name), `echo ${name} ${part.version}`);
  const file = `${folder}.tar.gz`;
  execFileSync("tar", ["-czf", file, "-C", folder, "."]);
  return readFileSync(file);
}

/** A server of releases. @param change makes the archives of some parts other than their checksums say */
export async function releaseServer(
  env: NodeJS.ProcessEnv,
  change: (part: ToolPart, archive: Buffer) => Buffer | undefined,
): Promise<StandIn> {
  const answers: Record<string, Buffer | string> = {};
  for (const part of [...allParts(env), ...extraParts(env)]) {
    const good = archive(part);
    const algorithm = part.name === "pulumi" ? "sha256" : "sha1";
    const digest = createHash(algorithm).update(good).digest("hex");
    answers[`/${part.checksums}`] = `${digest}  ${part.name === "pulumi" ? "" : "./"}${basename(part.archive)}\n`;
    const served = change(part, good);
    if (served !== undefined) answers[`/${part.archive}`] = served;
  }
  return standIn(answers);
}

/** Names in the folder that a part belongs in: itself, or what an installation left. */
export function folderOf(part: ToolPart): string {
  return dirname(part.folder);
}
