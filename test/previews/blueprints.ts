import { unknown } from "../../policies/values.ts";
import type { Blueprint, BlueprintResource } from "../../previews/blueprint.ts";

export const containerType = "docker:index/container:Container";
export const imageType = "docker:index/remoteImage:RemoteImage";

const urn = (type: string, name: string) => `urn:pulumi:preview::nitro::${type}::${name}`;

export function resource(
  type: string,
  name: string,
  inputs: BlueprintResource["inputs"],
  from: Record<string, string> = {},
): BlueprintResource {
  const sources = Object.entries(from).map(([input, source]) => [input, [urn(source.split(" ")[0] ?? "", source.split(" ")[1] ?? "")]]);
  return { urn: urn(type, name), type, name, inputs, from: Object.fromEntries(sources) };
}

export function blueprint(...resources: BlueprintResource[]): Blueprint {
  return { format: 1, stack: "preview", resources };
}

export const image = (name = `localhost/nitro/node:${"0a".repeat(8)}`) => resource(imageType, "node-image", { name, keepLocally: true });

/** A container whose image is known only during an update. */
export const container = (inputs: BlueprintResource["inputs"] = {}, name = "service-container") =>
  resource(
    containerType,
    name,
    { image: unknown, memory: 256, envs: ["DEBUG=1", "[secret]"], command: ["aaaaaaaaaaaa", "serve"], ...inputs },
    { image: `${imageType} node-image` },
  );
