import { createHash } from "node:crypto";
import type * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { binPath, type StagedExecutable } from "../executable/staging.ts";
import type { Ulimit } from "../model/limit-settings.ts";
import { labels } from "../model/names.ts";
import type { Executable } from "../model/outputs.ts";
import { type ContainerArgs, type HostMount, ownMemoryFolder } from "./container.ts";

/** The part of a container that depends on how the executable gets there. */
type ExecutableArgs = Pick<ContainerArgs, "image" | "entrypoint" | "command" | "labels" | "folders" | "tmpfs" | "ulimits">;

/** A file or folder that the settings mount. */
export interface MountedFile extends HostMount {
  /** Of a single file: SHA-256 in hex. A container keeps the file that it was made with, whatever takes its place later. */
  readonly content?: string | undefined;
}

/** How the settings have the executable run in one role, beside what the stack does by itself. */
export interface ProgramArgs {
  readonly env: Readonly<Record<string, pulumi.Input<string>>>;
  /** In place of the role's own arguments; undefined for these. */
  readonly args: readonly pulumi.Input<string>[] | undefined;
  readonly files: readonly MountedFile[];
  /** Folders in memory that it may write to. */
  readonly scratch: readonly string[];
  readonly ulimits: readonly Ulimit[];
  /** A mark of the operators' own public keys, which the executable reads when it starts; undefined for those that are made once. */
  readonly operators?: string | undefined;
}

/**
 * How a container runs the executable. The entry point of our images takes the hash first: it verifies the file before it runs it.
 * @param base id of the image that it runs on, where it is not in an image of its own
 */
export function executableArgs(
  executable: pulumi.Output<StagedExecutable>,
  base: pulumi.Input<string>,
  byDefault: readonly string[],
  { args = byDefault, files, scratch, ulimits, operators }: ProgramArgs,
): ExecutableArgs {
  const single = files.filter(({ content }) => content !== undefined);
  return {
    image: pulumi.all([executable, base]).apply(([{ image }, id]) => image?.id ?? id),
    entrypoint: executable.apply(({ image }) => image?.entrypoint?.slice()),
    command: pulumi
      .all([executable, pulumi.all([...args])])
      .apply(([{ sha256, image }, words]) => (image?.entrypoint === undefined ? [sha256, ...words] : words)),
    labels: {
      [labels.executable]: executable.sha256,
      [labels.program]: executable.apply(programPath),
      ...(operators === undefined ? {} : { [labels.operators]: operators }),
      ...(single.length === 0 ? {} : { [labels.files]: contentHash(single) }),
    },
    folders: executable.apply(({ folder }) => [
      ...(folder === undefined ? [] : [{ host: folder, path: binPath }]),
      ...files.map(({ host, path, writable }) => ({ host, path, writable })),
    ]),
    tmpfs: Object.fromEntries(scratch.map((path) => [path, ownMemoryFolder])),
    ulimits,
  };
}

function contentHash(files: readonly MountedFile[]): string {
  const hash = createHash("sha256");
  for (const { path, content } of files) hash.update(`${path}\0${content}\0`);
  return hash.digest("hex");
}

function programPath({ sha256, image }: StagedExecutable): string {
  return image?.entrypoint?.at(-1) ?? `${binPath}/${sha256}/payments`;
}

/** What a container really runs: from its own state, since a targeted update leaves other containers as they are. */
export function runningExecutable(container: docker.Container | docker.Service): pulumi.Output<Executable> {
  return container.labels.apply((has) => {
    const value = (name: string) => has?.find(({ label }) => label === name)?.value ?? "";
    return { sha256: value(labels.executable), path: value(labels.program) };
  });
}
