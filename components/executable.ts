import type * as docker from "@pulumi/docker";
import type * as pulumi from "@pulumi/pulumi";
import type { Executable } from "../stacks/outputs.ts";
import type { StagedExecutable } from "../stacks/staging.ts";

/** Where a container finds the folder. */
export const binPath = "/nitro/bin";

/** The image's entry point takes the hash first: it verifies the file before it runs it. */
export function executableCommand(executable: pulumi.Output<StagedExecutable>, args: readonly string[]): pulumi.Input<string>[] {
  return [executable.sha256, ...args];
}

/** What a container really runs: from its own state, since a targeted update leaves other containers as they are. */
export function runningExecutable(container: docker.Container): pulumi.Output<Executable> {
  return container.command.apply(([sha256 = ""]) => ({ sha256, path: `${binPath}/${sha256}/payments` }));
}
