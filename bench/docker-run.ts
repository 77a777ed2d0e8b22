import { run } from "./run.ts";

/** What `docker inspect` says about a container, as far as `docker run` can repeat it. */
interface Inspected {
  readonly Image: string;
  readonly Config: {
    readonly Env: readonly string[];
    readonly Cmd: readonly string[] | null;
    readonly User: string;
    readonly WorkingDir: string;
    readonly Hostname: string;
  };
  readonly HostConfig: {
    readonly Binds: readonly string[] | null;
    readonly Mounts?: readonly { Type: string; Source: string; Target: string; ReadOnly?: boolean }[] | null;
    readonly Tmpfs: Readonly<Record<string, string>> | null;
    readonly Memory: number;
    readonly PortBindings: Readonly<Record<string, readonly { HostIp: string; HostPort: string }[]>> | null;
    readonly NetworkMode: string;
  };
  readonly NetworkSettings: { readonly Networks: Readonly<Record<string, { readonly Aliases: readonly string[] | null }>> };
}

export interface Copy {
  readonly name: string;
  /** Leave out: the original has them, too. */
  readonly aliases: boolean;
  /** Port on the host of the only port that is published; its own by default. */
  readonly hostPort?: number;
  /** Command instead of the container's own. */
  readonly command?: readonly string[];
  readonly binds?: readonly string[];
}

/** The arguments of `docker run` that start a container like another one. */
export async function runArguments(container: string, copy: Copy): Promise<string[]> {
  const [found] = JSON.parse(await run("docker", ["inspect", container])) as Inspected[];
  if (found === undefined) throw new Error(`there is no container ${container}`);
  const { Config: config, HostConfig: host } = found;
  const network = Object.keys(found.NetworkSettings.Networks)[0] ?? "bridge";
  const aliases = copy.aliases ? (found.NetworkSettings.Networks[network]?.Aliases ?? []) : [];
  const mounts = (host.Mounts ?? []).map(
    ({ Type, Source, Target, ReadOnly }) => `type=${Type},source=${Source},target=${Target}${ReadOnly === true ? ",readonly" : ""}`,
  );
  const ports = Object.entries(host.PortBindings ?? {}).flatMap(([inner, bindings]) =>
    bindings.map(({ HostIp, HostPort }) => `${HostIp}:${copy.hostPort ?? HostPort}:${inner.replace("/tcp", "")}`),
  );
  return [
    ...["run", "--detach", "--name", copy.name, "--label", "nitro.bench=1", "--network", network, "--hostname", config.Hostname],
    ...["--init", "--read-only", "--cap-drop", "ALL", "--security-opt", "no-new-privileges", "--user", config.User],
    ...["--memory", String(host.Memory), ...(config.WorkingDir === "" ? [] : ["--workdir", config.WorkingDir])],
    ...aliases.flatMap((alias) => ["--network-alias", alias]),
    ...config.Env.flatMap((variable) => ["--env", variable]),
    ...(copy.binds ?? host.Binds ?? []).flatMap((bind) => ["--volume", bind]),
    ...mounts.flatMap((mount) => ["--mount", mount]),
    ...Object.entries(host.Tmpfs ?? {}).flatMap(([path, options]) => ["--tmpfs", `${path}:${options}`]),
    ...ports.flatMap((port) => ["--publish", port]),
    found.Image,
    ...(copy.command ?? config.Cmd ?? []),
  ];
}
