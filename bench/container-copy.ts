import { runBenchProgram } from "./run.ts";

/** What `docker inspect` says about a container, as far as a copy can repeat it. */
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
  };
  readonly NetworkSettings: { readonly Networks: Readonly<Record<string, { readonly Aliases: readonly string[] | null }>> };
}

/** Everything that makes a container like another one. */
export interface ContainerCopy {
  readonly name: string;
  readonly image: string;
  readonly network: string;
  readonly aliases: readonly string[];
  readonly hostname: string;
  readonly user: string;
  /** Limit in bytes. */
  readonly memory: number;
  readonly workingDir: string;
  readonly environment: readonly string[];
  /** "<folder or volume>:<path>[:ro]" */
  readonly binds: readonly string[];
  /** As `docker run --mount` takes them. */
  readonly mounts: readonly string[];
  /** path → mount options */
  readonly tmpfs: Readonly<Record<string, string>>;
  /** "<address>:<port of the host>:<port inside>" */
  readonly ports: readonly string[];
  readonly readOnly: boolean;
  /** In place of the image's own. */
  readonly entrypoint?: readonly string[];
  readonly command: readonly string[];
}

/** Reads a running container. Aliases are left out: the original has them. */
export async function copyContainer(container: string, name: string): Promise<ContainerCopy> {
  const [found] = JSON.parse(await runBenchProgram("docker", ["inspect", container])) as Inspected[];
  if (found === undefined) throw new Error(`there is no container ${container}`);
  const { Config: config, HostConfig: host } = found;
  return {
    name,
    image: found.Image,
    network: Object.keys(found.NetworkSettings.Networks)[0] ?? "bridge",
    aliases: [],
    hostname: config.Hostname,
    user: config.User,
    memory: host.Memory,
    workingDir: config.WorkingDir,
    environment: config.Env,
    binds: host.Binds ?? [],
    mounts: (host.Mounts ?? []).map(
      ({ Type, Source, Target, ReadOnly }) => `type=${Type},source=${Source},target=${Target}${ReadOnly === true ? ",readonly" : ""}`,
    ),
    tmpfs: host.Tmpfs ?? {},
    ports: Object.entries(host.PortBindings ?? {}).flatMap(([inner, bindings]) =>
      bindings.map(({ HostIp, HostPort }) => `${HostIp}:${HostPort}:${inner.replace("/tcp", "")}`),
    ),
    readOnly: true,
    command: config.Cmd ?? [],
  };
}

/** What a container is known by on its network. */
export async function aliasesOf(container: string): Promise<readonly string[]> {
  const [found] = JSON.parse(await runBenchProgram("docker", ["inspect", container])) as Inspected[];
  return Object.values(found?.NetworkSettings.Networks ?? {}).flatMap(({ Aliases }) => Aliases ?? []);
}
