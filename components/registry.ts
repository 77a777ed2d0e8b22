import type { SwarmContext } from "./context.ts";
import { type PartResource, StackPart } from "./part.ts";
import type { PartContext } from "./part-context.ts";

export interface RegistryArgs {
  readonly context: PartContext;
  readonly swarm: Pick<SwarmContext, "registry" | "registryImage">;
}

const innerPort = 5000;

/**
 * A registry of the stack's own, from which the nodes of a swarm have the images of what runs on them.
 *
 * @example new ImageRegistry("registry", { context, swarm })
 */
export class ImageRegistry extends StackPart {
  readonly ready: Promise<PartResource>;

  constructor(name: string, { context, swarm }: RegistryArgs) {
    super("Registry", "registry", name, context);
    const data = this.volume("data");
    this.ready = this.run(
      {
        image: this.image(swarm.registryImage),
        check: { command: ["curl", "-fsS", "-o", "/dev/null", `http://127.0.0.1:${innerPort}/v2/`] },
        nodePort: { inner: innerPort, port: Number(swarm.registry.split(":").at(-1)) },
        volumes: [{ volume: data.name, path: "/var/lib/registry" }],
      },
      [context.network, data],
    ).ready;
  }
}
