import type * as pulumi from "@pulumi/pulumi";
import type { OperatorsFile } from "../key-feeder/contract.ts";
import type { Role, StackNames } from "../model/names.ts";
import { labels, type PublishedRole } from "../model/names.ts";

/** How to find out that a container answers: a command inside it that exits with 0. */
export interface HealthCheck {
  readonly command: readonly string[];
}

/** Secrets that a container reads from a file in one of its volumes. */
export interface SecretsFile {
  /** Of the container: a role, or the name of a part of a team's own. */
  readonly role: string;
  /** Id of the container's image. */
  readonly image: string;
  readonly volume: string;
  /** Where the container has the volume. */
  readonly folder: string;
  readonly content: string;
}

/** What a stack that a swarm runs knows of it. */
export interface SwarmContext {
  /** Id of the node whose engine is asked for everything: what keeps data stays there. */
  readonly node: string;
  /** Where nodes find the stack's registry: `host:port`, a port of that node. */
  readonly registry: string;
  /** Name of the registry's own image. */
  readonly registryImage: string;
  /** Puts an image into the registry; in a dry run nothing is put. @returns its name there, by its digest */
  readonly publish: (image: string) => Promise<string>;
}

/** What every component of a stack needs to know about the stack. */
export interface StackContext {
  readonly names: StackNames;
  readonly ports: Readonly<Record<PublishedRole, number>>;
  readonly owner: string;
  /** What each container may take, in MiB. */
  readonly memory: Readonly<Record<Role, number>>;
  /** Undefined where containers of the engine are its parts. */
  readonly swarm?: SwarmContext | undefined;
  /** Addresses of its network, where the engine has none to give; else the engine chooses. */
  readonly subnet?: string | undefined;
  /**
   * Resolves once the container answers; rejects as soon as it exits, with its last log lines.
   * In a dry run, where nothing starts, it resolves at once.
   * @param part whose container it is: a role, or the name of a part of a team's own
   * @param id the container's id, known once it has been started
   */
  readonly healthy: (part: string, id: pulumi.Output<string>, check: HealthCheck) => Promise<void>;
  /** What the key-feeder tells of the operators, once it answers; empty in a dry run. */
  readonly operators: () => Promise<OperatorsFile>;
  /**
   * Puts secrets into a volume, before the container that reads them is made. In a dry run nothing is put.
   * @returns a hash of place and content: no secret, since what is random is a part of every such file
   */
  readonly putSecrets: (file: SecretsFile) => Promise<string>;
}

/** Labels by which the stack's containers, networks and volumes are found. */
export function resourceLabels(context: Pick<StackContext, "names" | "owner">, part: string): { label: string; value: string }[] {
  return [
    { label: labels.stack, value: context.names.stack },
    { label: labels.role, value: part },
    { label: labels.owner, value: context.owner },
  ];
}
