import type * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { binPath, type StagedExecutable } from "../executable/staging.ts";
import { labels } from "../model/names.ts";
import type { Executable } from "../model/outputs.ts";
import type { ContainerArgs } from "./container.ts";

/** The part of a container that depends on how the executable gets there. */
type ExecutableArgs = Pick<ContainerArgs, "image" | "entrypoint" | "command" | "labels" | "folders">;

/** Where the executable runs. */
export const workingDir = "/payments";

/**
 * How a container runs the executable. The entry point of our images takes the hash first: it verifies the file before it runs it.
 * @param base id of the image that it runs on, where it is not in an image of its own
 */
export function executableArgs(
  executable: pulumi.Output<StagedExecutable>,
  base: pulumi.Input<string>,
  args: readonly string[],
): ExecutableArgs {
  return {
    image: pulumi.all([executable, base]).apply(([{ image }, id]) => image?.id ?? id),
    entrypoint: executable.apply(({ image }) => image?.entrypoint?.slice()),
    command: executable.apply(({ sha256, image }) => (image?.entrypoint === undefined ? [sha256, ...args] : [...args])),
    labels: { [labels.executable]: executable.sha256, [labels.program]: executable.apply(programPath) },
    folders: executable.apply(({ folder }) => (folder === undefined ? [] : [{ host: folder, path: binPath }])),
  };
}

function programPath({ sha256, image }: StagedExecutable): string {
  return image?.entrypoint?.at(-1) ?? `${binPath}/${sha256}/payments`;
}

/** What a container really runs: from its own state, since a targeted update leaves other containers as they are. */
export function runningExecutable(container: docker.Container): pulumi.Output<Executable> {
  return container.labels.apply((has) => {
    const value = (name: string) => has?.find(({ label }) => label === name)?.value ?? "";
    return { sha256: value(labels.executable), path: value(labels.program) };
  });
}
