import type * as docker from "@pulumi/docker";
import type * as pulumi from "@pulumi/pulumi";
import type { Executable } from "../stacks/outputs.ts";

/** The executable of a stack as its containers see it. */
export interface MountedExecutable {
  readonly sha256: string;
  /** Folder of the host that holds <sha256>/payments. */
  readonly folder: string;
}

/** Where a container finds the folder. */
export const binPath = "/nitro/bin";

/** The image's entry point takes the hash first: it verifies the file before it runs it. */
export function executableCommand(executable: MountedExecutable, args: readonly string[]): string[] {
  return [executable.sha256, ...args];
}

/** What a container really runs: from its own state, since a targeted update leaves other containers as they are. */
export function runningExecutable(container: docker.Container): pulumi.Output<Executable> {
  return container.command.apply(([sha256 = ""]) => ({ sha256, path: `${binPath}/${sha256}/payments` }));
}
