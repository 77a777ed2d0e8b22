import type { ContainerSpec } from "./types.ts";

/** Processes and threads that a container may have at once: a program that starts others without end does not take the machine with it. */
export const mostProcesses = 512;

/** So much of the log of a stack's container is kept, in each of two files. */
export const logFileMegabytes = 20;

/** The body of the engine's "create a container". Pure. */
export function createBody(spec: ContainerSpec): object {
  const ports = (spec.publish ?? []).map((port) => `${port}/tcp`);
  return {
    Image: spec.image,
    Cmd: spec.command,
    Entrypoint: spec.entrypoint,
    Env: Object.entries(spec.env ?? {}).map(([key, value]) => `${key}=${value}`),
    Labels: spec.labels ?? {},
    User: spec.user,
    WorkingDir: spec.workdir,
    ExposedPorts: Object.fromEntries(ports.map((port) => [port, {}])),
    HostConfig: {
      NetworkMode: spec.network,
      ReadonlyRootfs: spec.readOnly ?? false,
      CapDrop: spec.capDropAll === true ? ["ALL"] : [],
      SecurityOpt: spec.noNewPrivileges === true ? ["no-new-privileges"] : [],
      Init: spec.init ?? false,
      AutoRemove: spec.autoRemove ?? false,
      Tmpfs: spec.tmpfs ?? {},
      Binds: spec.binds ?? [],
      Memory: spec.memory ?? 0,
      PidsLimit: spec.processes ?? mostProcesses,
      PortBindings: Object.fromEntries(ports.map((port) => [port, [{ HostIp: "127.0.0.1", HostPort: "" }]])),
    },
    // Podman refuses endpoints, empty ones too, beside a mode such as "none".
    NetworkingConfig:
      spec.network === undefined || spec.aliases === undefined ? {} : { EndpointsConfig: { [spec.network]: { Aliases: spec.aliases } } },
  };
}
