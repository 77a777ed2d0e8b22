import { createHash } from "node:crypto";
import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { shellLine } from "../common/shell.ts";
import { logFileMegabytes } from "../docker/create.ts";
import type { Ulimit } from "../model/limit-settings.ts";
import { containerName, labels } from "../model/names.ts";
import { replacedInputs } from "../model/replaced-inputs.ts";
import type { HealthCheck } from "./context.ts";
import type { PartContext } from "./part-context.ts";

/** A folder or file of the host in a container. */
export interface HostMount {
  readonly host: string;
  readonly path: string;
  /** Else it is mounted read-only. */
  readonly writable?: boolean | undefined;
}

/** A file by what is in it. */
export interface TextFile {
  /** In the container. */
  readonly path: string;
  readonly content: pulumi.Input<string>;
}

/** What differs between the containers of a stack. */
export interface ContainerArgs {
  /** A role, or the name of a part of a team's own. */
  readonly role: string;
  /** Id of the image. */
  readonly image: pulumi.Input<string>;
  /** In place of the image's own. */
  readonly entrypoint?: pulumi.Input<string[] | undefined>;
  readonly command?: pulumi.Input<pulumi.Input<string>[]>;
  readonly environment?: Readonly<Record<string, pulumi.Input<string>>>;
  readonly check: HealthCheck;
  /** The port that it listens on, and the one on 127.0.0.1 where that is published. */
  readonly publish?: { readonly inner: number; readonly port: number };
  /** In place of the user that all of ours run as. */
  readonly user?: string;
  /** Labels besides those of every resource. */
  readonly labels?: Readonly<Record<string, pulumi.Input<string>>>;
  /** Limit in MiB. */
  readonly memory: number;
  readonly workingDir?: string;
  /** Further names on the stack's network. */
  readonly aliases?: readonly string[];
  /** Named volumes: volume → folder in the container. */
  readonly volumes?: readonly { readonly volume: pulumi.Input<string>; readonly path: string; readonly readOnly?: boolean }[];
  /** Small files that everybody may read: for parts that run on any node of a swarm, where there is no volume to share. */
  readonly texts?: readonly TextFile[];
  /** A port of the node that it runs on in a swarm, open to the other nodes. */
  readonly nodePort?: { readonly inner: number; readonly port: number };
  /** What it reads from `secretsPath(folder)`, in one of its volumes: its environment is there for everybody who may look at containers. */
  readonly secrets?: { readonly volume: docker.Volume; readonly folder: string; readonly content: pulumi.Input<string> };
  /** Folders and files of the host. */
  readonly folders?: pulumi.Input<readonly HostMount[]>;
  /** It listens on a port below 1024, which most engines, not all, let everybody do. */
  readonly lowPort?: boolean;
  /** Folders in memory besides /tmp: path → mount options. */
  readonly tmpfs?: Readonly<Record<string, string>>;
  /** Limits of its processes; the engine's own where there are none. */
  readonly ulimits?: readonly Ulimit[];
}

/** Mount options of a folder in memory. What is in it counts towards the limit of memory. */
export const memoryFolder = "rw,nosuid,nodev,mode=1777,size=256m";

/** The same for a folder that the image may have already: then the engine keeps that one's mode, and it has to be the programs' own. */
export const ownMemoryFolder = `${memoryFolder},uid=1000,gid=1000`;

/** From SIGTERM to SIGKILL. */
export const stopGraceSeconds = 1;

/**
 * Inputs that engines give back in other words, which is no change: podman names each capability that "ALL" stands for, adds options and
 * folders to tmpfs, says nothing of some, and without root may have no limits of memory at all. What was declared of them is in a label, which
 * nobody rewrites: other values need another container.
 */
export const saidOtherwise = ["capabilities", "securityOpts", "sysctls", "tmpfs", "logOpts", "memory", "ulimits"] as const;

/** Engines that can limit swap set it to twice the memory by themselves, the others do not. */
const ownToEngine = "memorySwap";

/** User and group that every container runs as; the images' mount points belong to them. */
export const containerUser = "1000:1000";

/**
 * A container the way all of ours run: an unprivileged user, no capabilities, a read-only root, its port on loopback alone,
 * known by its role on the stack's network. It does not wait for health: `context.healthy` does, by the engine's events.
 */
export function stackContainer(context: PartContext, args: ContainerArgs, opts: pulumi.CustomResourceOptions): docker.Container {
  const { role, publish } = args;
  const kept = keptInputs(args);
  return new docker.Container(
    `${role}-container`,
    {
      name: containerName(context.names.stack, role),
      image: args.image,
      hostname: role,
      entrypoints: pulumi.output(args.entrypoint),
      command: args.command,
      envs: Object.entries(args.environment ?? {}).map(([name, value]) => join(name, value)),
      workingDir: args.workingDir,
      user: args.user ?? containerUser,
      init: true,
      readOnly: true,
      ...kept,
      restart: "unless-stopped",
      destroyGraceSeconds: stopGraceSeconds,
      logDriver: "json-file",
      // Each costs the machine some 50 ms, and there are six a stack: commands that want to know ask for themselves.
      healthcheck: { tests: healthTest(args.check), interval: "10s", timeout: "5s", retries: 2, startPeriod: "1m0s" },
      networksAdvanced: [{ name: context.names.network, aliases: [...new Set([role, ...(args.aliases ?? [])])] }],
      ports: publish === undefined ? [] : [{ internal: publish.inner, external: publish.port, ip: "127.0.0.1" }],
      volumes: pulumi.output(args.folders ?? []).apply((folders) => [
        ...(args.volumes ?? []).map(({ volume, path, readOnly }) => ({
          volumeName: volume,
          containerPath: path,
          readOnly: readOnly ?? false,
        })),
        ...folders.map(({ host, path, writable }) => ({ hostPath: host, containerPath: path, readOnly: writable !== true })),
      ]),
      labels: partLabels(context, args, { [labels.made]: madeOf(args, hash(kept)) }),
    },
    // The name is taken until the old one is gone; where the plugin itself replaces, it does that by itself.
    { ...opts, ignoreChanges: [ownToEngine, ...saidOtherwise], replaceOnChanges: replacedInputs, deleteBeforeReplace: true },
  );
}

/** As a line for a shell, since podman 4 splits the words of a command at their blanks. */
export function healthTest({ command }: HealthCheck): string[] {
  return ["CMD-SHELL", shellLine(command)];
}

/** The labels of a part, with a mark of its secrets once these are where it will look for them. */
export function partLabels(
  context: PartContext,
  args: ContainerArgs,
  more: Readonly<Record<string, pulumi.Input<string>>> = {},
): { label: string; value: pulumi.Input<string> }[] {
  const own = Object.entries({ ...args.labels, ...secretsLabel(context, args), ...more });
  return [...context.labels(args.role), ...own.map(([label, value]) => ({ label, value }))];
}

function keptInputs({ lowPort, tmpfs, memory, ulimits }: ContainerArgs): Pick<docker.ContainerArgs, (typeof saidOtherwise)[number]> {
  return {
    capabilities: { drops: ["ALL"] },
    securityOpts: ["no-new-privileges:true"],
    // Of the container's own network alone: no capability is needed for it.
    sysctls: lowPort === true ? { "net.ipv4.ip_unprivileged_port_start": "0" } : undefined,
    tmpfs: { "/tmp": memoryFolder, ...tmpfs },
    logOpts: { "max-size": `${logFileMegabytes}m`, "max-file": "2" },
    memory,
    ulimits: ulimits === undefined || ulimits.length === 0 ? undefined : [...ulimits],
  };
}

/** A preview shows it: what settings change of it is there in words. */
function madeOf({ memory, tmpfs = {}, ulimits = [] }: ContainerArgs, rest: string): string {
  const limits = ulimits.map(({ name, soft, hard }) => `ulimit ${name} ${soft}:${hard}`);
  return [`memory ${memory}`, ...Object.keys(tmpfs).map((path) => `tmpfs ${path}`), ...limits, rest].join(", ");
}

function hash(value: object): string {
  return createHash("sha256").update(JSON.stringify(value)).digest("hex").slice(0, 16);
}

/** Known once the secrets are where the container will look for them; other secrets make another container. */
function secretsLabel(context: PartContext, { role, image, secrets }: ContainerArgs): Record<string, pulumi.Output<string>> {
  if (secrets === undefined) return {};
  const { volume, folder, content } = secrets;
  const put = pulumi
    .all([image, volume.name, content])
    .apply(([imageId, name, text]) => context.putSecrets({ role, image: imageId, volume: name, folder, content: text }));
  return { [labels.secrets]: pulumi.unsecret(put) };
}

function join(name: string, value: pulumi.Input<string>): pulumi.Input<string> {
  return pulumi.interpolate`${name}=${value}`;
}
