import { UserError } from "../common/errors.ts";
import type { SwarmContext } from "../components/context.ts";
import { type Engine, EngineError } from "../docker/engine.ts";
import type { DataNode, SwarmNode } from "../docker/swarm.ts";
import type { Arch } from "../docker/types.ts";
import { registryImageRefs } from "../images/build.ts";
import { extraPorts } from "../model/extra-parts.ts";
import { labels } from "../model/names.ts";
import { asRunError } from "./run-error.ts";

/** The last of a stack's ten ports. @param base the first one */
export function registryPort(base: number): number {
  return extraPorts(base)[5];
}

export interface SwarmArgs {
  readonly engine: Engine;
  readonly stack: string;
  readonly arch: Arch;
  /** The stack's first port. */
  readonly base: number;
  readonly dryRun: boolean;
}

/** The swarm that is to run a stack. */
export interface PreparedSwarm extends SwarmContext {
  /** Rejects where an image cannot be put into the registry: what needs it is never made. */
  readonly failed: Promise<never>;
}

/**
 * The node of a swarm that has a stack's data, or is to have it: the engine's own.
 * @throws UserError where the engine manages no swarm, or is another node of it than the one that has the stack's data
 */
export async function swarmNodeOf(engine: Pick<Engine, "host" | "swarmNode" | "swarmDataNode">, stack: string): Promise<SwarmNode> {
  const node = await engine.swarmNode();
  const back = `pulumi config set --stack ${stack} nitro:runtime container`;
  if (node === undefined)
    throw new UserError(`nitro:runtime is swarm, and the container engine at ${engine.host} manages none`, `docker swarm init; or ${back}`);
  const home = await engine.swarmDataNode({ [labels.stack]: stack });
  if (home !== undefined && home.id !== node.id) throw elsewhere(stack, engine.host, home);
  return node;
}

/**
 * What a stack has to know of the swarm that is to run it.
 * @throws as swarmNodeOf does
 */
export async function swarmContext({ engine, stack, arch, base, dryRun }: SwarmArgs): Promise<PreparedSwarm> {
  const port = registryPort(base);
  const node = dryRun ? await plannedNode(engine) : await swarmNodeOf(engine, stack);
  const registry = `${node.address.includes(":") ? `[${node.address}]` : node.address}:${port}`;
  // Service and worker have the same one.
  const under = new Map<string, Promise<string>>();
  const failed = Promise.withResolvers<never>();
  // Whoever waits for what is not made has it too.
  failed.promise.catch(() => {});
  const publish = (image: string) => {
    const known = under.get(image) ?? published(engine, registry, image, dryRun).catch(asRunError);
    under.set(image, known);
    known.catch(failed.reject);
    return known;
  };
  return { node: node.id, registry, registryImage: registryImageRefs(arch).registry, publish, failed: failed.promise };
}

/** What a stack keeps is on one node's disk: declared for another one, its parts would begin anew, with nothing. */
function elsewhere(stack: string, host: string, { name, lost }: DataNode): UserError {
  return new UserError(
    `the data of stack "${stack}" is on node ${name} of the swarm${lost ? ", which the swarm has lost" : ""}, and the manager at ${host} is another node`,
    `pulumi config set --stack ${stack} docker:host <where ${name} answers>${lost ? `, once it is back; or without that data: ./nitro down -s ${stack} and ./nitro up -s ${stack}` : ""}`,
  );
}

/** A preview also runs where no engine is, or one that manages no swarm. */
async function plannedNode(engine: Engine): Promise<SwarmNode> {
  const found = await engine.swarmNode().catch((error: unknown) => {
    if (error instanceof EngineError) return undefined;
    throw error;
  });
  return found ?? { id: "of-the-engine", address: "registry" };
}

/** @param image an id or a name. Its tag there is of its id, so what is there needs no second look. */
async function published(engine: Engine, registry: string, image: string, dryRun: boolean): Promise<string> {
  const found = await engine.images.inspect(image).catch((error: unknown) => {
    if (dryRun && error instanceof EngineError) return undefined;
    throw error;
  });
  if (found === undefined) {
    if (dryRun) return image;
    throw new UserError(
      `image ${image} is not on the container engine at ${engine.host}: it cannot be given to the swarm`,
      `docker --host ${engine.host} pull ${image}`,
    );
  }
  const repository = `${registry}/${/([^/:@]+)(:[^/:]*)?(@.*)?$/.exec(found.tags[0] ?? "")?.[1] ?? "image"}`;
  const name = `${repository}:${found.id.replace("sha256:", "").slice(0, 16)}`;
  const there = await engine.images.remoteDigest(name);
  if (there !== undefined) return `${repository}@${there}`;
  if (dryRun) return name;
  await engine.tag(found.id, name);
  try {
    await engine.images.push(name).catch((error: unknown) => {
      throw error instanceof EngineError ? new UserError(error.message, insecureHint(registry)) : error;
    });
  } finally {
    // A second name would keep the image where its first one is removed.
    await engine.images.remove(name);
  }
  const digest = await engine.images.remoteDigest(name);
  if (digest === undefined) throw new UserError(`image ${name} was put into the stack's registry and is not there`, insecureHint(registry));
  return `${repository}@${digest}`;
}

/** What the engines of all nodes have to be told before they take images from a registry without TLS. */
function insecureHint(registry: string): string {
  return `on every node, in /etc/docker/daemon.json: {"insecure-registries": ["${registry}"]}; then: systemctl reload docker`;
}
