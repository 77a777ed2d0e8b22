import type * as pulumi from "@pulumi/pulumi";
import type { ContainerArgs } from "./container.ts";

/** What a stack's ledger tells the rest of the stack, whatever it runs on. */
export interface StackLedger {
  readonly name: pulumi.Input<string>;
  readonly arn: pulumi.Input<string>;
  /** The role to assume before using it. */
  readonly roleArn: pulumi.Input<string>;
  /** Where it answers on the host; undefined for AWS's own endpoint. */
  readonly endpoint: string | undefined;
  /** The same by https, with a certificate of the stack's authority; undefined where that is not its authority. */
  readonly httpsEndpoint?: string | undefined;
  /** Region, credentials and endpoints, as the environment of a program that uses it. */
  readonly access: Readonly<Record<string, pulumi.Input<string>>>;
  /** What such a program's container mounts for it. */
  readonly volumes: NonNullable<ContainerArgs["volumes"]>;
  /** Labels of such a program's container. */
  readonly labels: Readonly<Record<string, string>>;
  /** What waits for the ledger depends on this. */
  readonly ready: Promise<pulumi.Resource>;
}
