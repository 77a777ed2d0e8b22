import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { resourceLabels, type StackContext } from "./context.ts";

/**
 * The stack's own network: a bridge, or one over all nodes of a swarm.
 *
 * @example new Network("network", { context })
 */
export class Network extends pulumi.ComponentResource {
  readonly network: docker.Network;

  constructor(name: string, args: { readonly context: StackContext }, opts?: pulumi.ComponentResourceOptions) {
    super("nitro:component:Network", name, {}, opts);
    const { names, subnet, swarm } = args.context;
    this.network = new docker.Network(
      `${name}-bridge`,
      {
        name: names.network,
        ...(swarm === undefined ? { driver: "bridge" } : { driver: "overlay", attachable: true }),
        ipamConfigs: subnet === undefined ? undefined : [{ subnet }],
        labels: resourceLabels(args.context, "network"),
      },
      // What it was made with stays, whatever the engine would have to give later. Podman adds an option of its own.
      { parent: this, ignoreChanges: ["ipamConfigs", "ipamOptions"] },
    );
    this.registerOutputs({});
  }
}
