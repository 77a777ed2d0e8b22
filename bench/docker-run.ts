import type { ContainerCopy } from "./container-copy.ts";

/** The arguments of `docker run` that start a copy of a container. */
export function runArguments(copy: ContainerCopy): string[] {
  const [entrypoint, ...first] = copy.entrypoint ?? [];
  return [
    ...["run", "--detach", "--name", copy.name, "--label", "nitro.bench=1", "--network", copy.network, "--hostname", copy.hostname],
    ...["--init", ...(copy.readOnly ? ["--read-only"] : []), "--cap-drop", "ALL", "--security-opt", "no-new-privileges"],
    ...["--user", copy.user, "--memory", String(copy.memory), ...(copy.workingDir === "" ? [] : ["--workdir", copy.workingDir])],
    ...copy.aliases.flatMap((alias) => ["--network-alias", alias]),
    ...copy.environment.flatMap((variable) => ["--env", variable]),
    ...copy.binds.flatMap((bind) => ["--volume", bind]),
    ...copy.mounts.flatMap((mount) => ["--mount", mount]),
    ...Object.entries(copy.tmpfs).flatMap(([path, options]) => ["--tmpfs", `${path}:${options}`]),
    ...copy.ports.flatMap((port) => ["--publish", port]),
    ...(entrypoint === undefined ? [] : ["--entrypoint", entrypoint]),
    ...[copy.image, ...first, ...copy.command],
  ];
}
