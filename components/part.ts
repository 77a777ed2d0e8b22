import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { UserError } from "../common/errors.ts";
import { extraNameProblem } from "../model/extra-parts.ts";
import { extraVolumeName, roles } from "../model/names.ts";
import { type ContainerArgs, stackContainer } from "./container.ts";
import type { PartContext } from "./part-context.ts";
import { stackService } from "./swarm-service.ts";
import { stackVolume } from "./volume.ts";

/** Limit of a part of a team's own that says none, in MiB. */
const extraMemory = 256;

/** What runs a part: a container of the engine, or a service of its swarm. */
export type PartResource = docker.Container | docker.Service;

/** `ready` resolves to what runs the part once that answers. */
interface Running {
  readonly container: PartResource;
  readonly ready: Promise<PartResource>;
}

/** A component that is one container, with volumes of its own. Its constructor makes these first and then runs the container, once. */
export abstract class StackPart extends pulumi.ComponentResource {
  /** What waits for this part depends on this. */
  abstract readonly ready: Promise<PartResource>;
  private readonly prefix: string;
  private readonly part: string;
  private readonly context: PartContext;

  /**
   * @param kind the last part of its type, such as Redis
   * @param part a role, or a name of its own for a part that a team adds
   * @param name what the names of its resources begin with
   * @throws UserError for a name that is not allowed
   */
  constructor(kind: string, part: string, name: string, context: PartContext, opts?: pulumi.ComponentResourceOptions) {
    super(`nitro:component:${kind}`, name, {}, { parent: context.parent, ...opts });
    const problem = roles.some((role) => role === part) ? undefined : extraNameProblem(part);
    if (problem !== undefined) throw new UserError(problem);
    this.prefix = name;
    this.part = part;
    this.context = context;
  }

  /** @param volume its name in the engine */
  protected volume(suffix: string, volume = extraVolumeName(this.context.names.stack, this.part, suffix)): docker.Volume {
    return stackVolume(`${this.prefix}-${suffix}`, this.context, this.part, volume, { parent: this });
  }

  /** @param ref an image of others, by its digest. It stays on the engine: other stacks may use it. @returns its id, once it is there */
  protected image(ref: string): pulumi.Output<string> {
    return new docker.RemoteImage(`${this.prefix}-image`, { name: ref, keepLocally: true }, { parent: this }).imageId;
  }

  protected run(
    args: Omit<ContainerArgs, "role" | "memory"> & Partial<Pick<ContainerArgs, "memory">>,
    dependsOn: pulumi.CustomResourceOptions["dependsOn"] = this.context.network,
  ): Running {
    const { part, context } = this;
    const limits: Readonly<Record<string, number>> = context.memory;
    const memory = args.memory ?? limits[part] ?? extraMemory;
    const whole = { role: part, ...args, memory };
    const opts = { parent: this, dependsOn };
    const { swarm } = context;
    const container = swarm === undefined ? stackContainer(context, whole, opts) : stackService({ ...context, swarm }, whole, opts);
    const ready = context.healthy(part, container.id, args.check).then(() => container);
    this.registerOutputs({});
    return { container, ready };
  }
}
