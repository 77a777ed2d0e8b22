import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { resourceLabels, type StackContext } from "./context.ts";

/**
 * The stack's own bridge network.
 *
 * @example new Network("network", { context })
 */
export class Network extends pulumi.ComponentResource {
  readonly network: docker.Network;

  constructor(name: string, args: { readonly context: StackContext }, opts?: pulumi.ComponentResourceOptions) {
    super("nitro:component:Network", name, {}, opts);
    this.network = new docker.Network(
      `${name}-bridge`,
      { name: args.context.names.network, driver: "bridge", labels: resourceLabels(args.context, "network") },
      { parent: this },
    );
    this.registerOutputs({});
  }
}
