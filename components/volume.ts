import * as docker from "@pulumi/docker";
import type * as pulumi from "@pulumi/pulumi";
import type { PartContext } from "./part-context.ts";

/** A named volume that carries the labels of the stack. */
export function stackVolume(
  name: string,
  context: Pick<PartContext, "labels">,
  part: string,
  volume: string,
  opts: pulumi.CustomResourceOptions,
): docker.Volume {
  return new docker.Volume(name, { name: volume, labels: context.labels(part) }, opts);
}
