import * as docker from "@pulumi/docker";
import type * as pulumi from "@pulumi/pulumi";
import type { Role } from "../model/names.ts";
import { resourceLabels, type StackContext } from "./context.ts";

/** A named volume that carries the labels of the stack. */
export function stackVolume(
  name: string,
  context: StackContext,
  role: Role,
  volume: string,
  opts: pulumi.CustomResourceOptions,
): docker.Volume {
  return new docker.Volume(name, { name: volume, labels: resourceLabels(context, role) }, opts);
}
