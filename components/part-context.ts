import type * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { type ExtraPorts, extraPorts } from "../model/extra-parts.ts";
import { resourceLabels, type StackContext, type SwarmContext } from "./context.ts";

/** How a swarm runs a part. */
export interface PartSwarm {
  /** Id of the node where parts with data stay. */
  readonly node: string;
  /** The image's name in the stack's registry, from where every node has it: known once it is there. */
  published(image: pulumi.Input<string>): pulumi.Output<string>;
}

/** What a part of a stack is declared with, be it one of ours or one of a team's own: all that it needs to know of the stack. */
export interface PartContext extends Pick<StackContext, "names" | "ports" | "memory" | "healthy" | "putSecrets"> {
  /** The stack itself, the parent of its parts: what has no parent is not held to policies before anything is made. */
  readonly parent: pulumi.Resource;
  /** Undefined where containers of the engine are its parts. */
  readonly swarm?: PartSwarm | undefined;
  /** The stack's network. A container is found there under its part's name. */
  readonly network: docker.Network;
  /** Ports on 127.0.0.1 that are kept for parts of a team's own. */
  readonly extraPorts: ExtraPorts;
  /** The labels by which commands find what belongs to a part. */
  readonly labels: (part: string) => { label: string; value: string }[];
}

/**
 * @param parent the component that holds the stack
 * @param registry resolves once a swarm's registry answers
 */
export function partContext(
  context: StackContext,
  network: docker.Network,
  parent: pulumi.Resource,
  registry: Promise<unknown> = Promise.resolve(),
): PartContext {
  const { names, ports, memory, healthy, putSecrets } = context;
  const labels = (part: string) => resourceLabels(context, part);
  const swarm = context.swarm && partSwarm(context.swarm, registry);
  return { names, ports, memory, healthy, putSecrets, swarm, parent, network, extraPorts: extraPorts(ports.service), labels };
}

function partSwarm({ node, publish }: SwarmContext, registry: Promise<unknown>): PartSwarm {
  return { node, published: (image) => pulumi.output(image).apply((id) => registry.then(() => publish(id))) };
}

/** A module that a team declares parts of its own with exports one of these, named `extras`. */
export type Extras = (context: PartContext) => void | Promise<void>;
