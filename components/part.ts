import type * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import type { Role } from "../model/names.ts";
import { type ContainerArgs, stackContainer } from "./container.ts";
import type { StackContext } from "./context.ts";
import { stackVolume } from "./volume.ts";

/** A part's container; `ready` resolves to it once it answers. */
interface Running {
  readonly container: docker.Container;
  readonly ready: Promise<docker.Container>;
}

/** A component that is one container, with volumes of its own. Its constructor makes these first and then runs the container, once. */
export abstract class StackPart extends pulumi.ComponentResource {
  /** What waits for this part depends on this. */
  abstract readonly ready: Promise<docker.Container>;
  private readonly prefix: string;
  private readonly role: Role;
  private readonly context: StackContext;

  /**
   * @param kind the last part of its type, such as Redis
   * @param name what the names of its resources begin with
   */
  constructor(kind: string, role: Role, name: string, context: StackContext, opts?: pulumi.ComponentResourceOptions) {
    super(`nitro:component:${kind}`, name, {}, opts);
    this.prefix = name;
    this.role = role;
    this.context = context;
  }

  /** @param volume its name in the engine */
  protected volume(suffix: string, volume: string): docker.Volume {
    return stackVolume(`${this.prefix}-${suffix}`, this.context, this.role, volume, { parent: this });
  }

  protected run(args: Omit<ContainerArgs, "role" | "memory">, dependsOn: pulumi.CustomResourceOptions["dependsOn"]): Running {
    const { role, context } = this;
    const container = stackContainer(context, { role, memory: context.memory[role], ...args }, { parent: this, dependsOn });
    const ready = context.healthy(role, container.id, args.check).then(() => container);
    this.registerOutputs({});
    return { container, ready };
  }
}
