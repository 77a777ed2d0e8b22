import type * as docker from "@pulumi/docker";
import type * as pulumi from "@pulumi/pulumi";
import { type ExtraPorts, extraPorts } from "../model/extra-parts.ts";
import { resourceLabels, type StackContext } from "./context.ts";

/** What a part of a stack is declared with, be it one of ours or one of a team's own: all that it needs to know of the stack. */
export interface PartContext extends Pick<StackContext, "names" | "ports" | "memory" | "healthy" | "putSecrets"> {
  /** The stack itself, the parent of its parts: what has no parent is not held to policies before anything is made. */
  readonly parent: pulumi.Resource;
  /** The stack's network. A container is found there under its part's name. */
  readonly network: docker.Network;
  /** Ports on 127.0.0.1 that are kept for parts of a team's own. */
  readonly extraPorts: ExtraPorts;
  /** The labels by which commands find what belongs to a part. */
  readonly labels: (part: string) => { label: string; value: string }[];
}

/** @param parent the component that holds the stack */
export function partContext(context: StackContext, network: docker.Network, parent: pulumi.Resource): PartContext {
  const { names, ports, memory, healthy, putSecrets } = context;
  const labels = (part: string) => resourceLabels(context, part);
  return { names, ports, memory, healthy, putSecrets, parent, network, extraPorts: extraPorts(ports.service), labels };
}

/** A module that a team declares parts of its own with exports one of these, named `extras`. */
export type Extras = (context: PartContext) => void | Promise<void>;
