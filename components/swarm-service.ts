import { createHash } from "node:crypto";
import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { UserError } from "../common/errors.ts";
import { logFileMegabytes } from "../docker/create.ts";
import { onNode, portLabel } from "../docker/swarm.ts";
import { configName, containerName, roles } from "../model/names.ts";
import { type ContainerArgs, containerUser, healthTest, memoryFolder, partLabels, type TextFile } from "./container.ts";
import type { PartContext, PartSwarm } from "./part-context.ts";

/** A part's context in a swarm. */
type SwarmPartContext = PartContext & { readonly swarm: PartSwarm };

const mebibyte = 1024 * 1024;

/**
 * A part as a swarm runs it, with what a swarm has of all that our containers are: an unprivileged user, no capabilities, a read-only root, known
 * by its role on the stack's network. What keeps data stays on the node that has it and runs the engine's own image; all else runs on any node,
 * from the stack's registry. Names are looked up for the task itself (dnsrr): no kernel module for virtual addresses is needed. Nothing is
 * published but the registry: a swarm publishes on every address of a node, and commands have the tunnel.
 * @throws UserError for a part of a team's own that asks for what a swarm cannot do
 */
export function stackService(context: SwarmPartContext, args: ContainerArgs, opts: pulumi.CustomResourceOptions): docker.Service {
  const { role, nodePort, publish, volumes = [] } = args;
  const { swarm } = context;
  const keepsData = volumes.length > 0;
  refuseUnkept(args);
  return new docker.Service(
    `${role}-service`,
    {
      name: containerName(context.names.stack, role),
      labels: partLabels(context, args, publish === undefined ? {} : { [portLabel]: `${publish.port}:${publish.inner}` }),
      mode: { replicated: { replicas: 1 } },
      endpointSpec: {
        mode: "dnsrr",
        ports:
          nodePort === undefined
            ? undefined
            : [{ protocol: "tcp", targetPort: nodePort.inner, publishedPort: nodePort.port, publishMode: "host" }],
      },
      taskSpec: {
        containerSpec: {
          image: keepsData ? args.image : swarm.published(args.image),
          commands: pulumi.output(args.entrypoint).apply((words) => words ?? []),
          args: args.command,
          env: { ...args.environment },
          dir: args.workingDir,
          hostname: role,
          user: args.user ?? containerUser,
          init: true,
          readOnly: true,
          capDrops: ["ALL"],
          sysctl: args.lowPort === true ? { "net.ipv4.ip_unprivileged_port_start": "0" } : undefined,
          // Where it is said, the plugin waits just so long for the end of the containers of a service that it removes, and fails then. What comes
          // next is not to find another one at the same data; of other nodes' containers the plugin knows nothing.
          stopGracePeriod: keepsData ? "30s" : undefined,
          // A task is known by its name once it has answered, so this is how long others wait for it; one that fails for half a minute is replaced.
          healthcheck: { tests: healthTest(args.check), interval: "2s", timeout: "5s", retries: 15, startPeriod: "1m" },
          mounts: [
            ...volumes.map(({ volume, path, readOnly }) => ({ type: "volume", source: volume, target: path, readOnly: readOnly ?? false })),
            ...Object.entries({ "/tmp": memoryFolder, ...args.tmpfs }).map(([path, options]) => inMemory(path, options)),
          ],
          configs: (args.texts ?? []).map((text) => textConfig(context, role, text, opts)),
          // Other labels of a container make another service, where a change of the service's own is an update: the executable is in those alone,
          // and in the arguments.
          labels: partLabels(context, { role, image: args.image, check: args.check, memory: args.memory, secrets: args.secrets }),
        },
        networksAdvanceds: [{ id: context.network.id, aliases: [...new Set([role, ...(args.aliases ?? [])])] }],
        placement: { constraints: keepsData ? [onNode(swarm.node)] : [] },
        resources: { limits: { memoryBytes: args.memory * mebibyte } },
        restartPolicy: { condition: "any", delay: "1s", window: "0s" },
        logDriver: { name: "json-file", options: { "max-size": `${logFileMegabytes}m`, "max-file": "2" } },
      },
    },
    // The swarm finds out by itself what an image from a registry runs on.
    { ...opts, ignoreChanges: ["taskSpec.placement.platforms"] },
  );
}

/** Of our own parts the settings are checked. */
function refuseUnkept({ role, folders, ulimits = [] }: ContainerArgs): void {
  if (roles.some((own) => own === role)) return;
  const asked = [...(folders === undefined ? [] : ["folders of this machine"]), ...(ulimits.length > 0 ? ["ulimits"] : [])];
  if (asked.length === 0) return;
  throw new UserError(
    `part ${role} asks for ${asked.join(" and ")}, which nitro:runtime swarm cannot give: other nodes see no file of this machine, and limits are those of their engines`,
    "put the files into its image, or keep them in a volume",
  );
}

/** @param options as `mount -o` has them: size and mode are all that a swarm takes, and what belongs to one user everybody may write to */
function inMemory(path: string, options: string) {
  const size = Number(/size=(\d+)m/.exec(options)?.[1] ?? 64);
  return { type: "tmpfs", target: path, readOnly: false, tmpfsOptions: { mode: 0o777, sizeBytes: size * mebibyte } };
}

/** A config never changes: other content is another one. */
function textConfig({ names }: PartContext, role: string, { path, content }: TextFile, { parent }: pulumi.CustomResourceOptions) {
  const text = pulumi.output(content);
  const name = text.apply((value) => configName(names.stack, role, hash(`${path}\0${value}`)));
  const data = text.apply((value) => Buffer.from(value).toString("base64"));
  const config = new docker.ServiceConfig(`${role}-${path.split("/").at(-1)}`, { name, data }, { parent });
  return { configId: config.id, configName: config.name, fileName: path, fileMode: 0o444 };
}

function hash(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 16);
}
