import { containerType, isUnknown, numberValue, record, records, secret, swarmServiceType, textValue, unknown } from "./values.ts";

type Values = Readonly<Record<string, unknown>>;

interface Resource {
  readonly type: string;
  readonly name: string;
  readonly props: Values;
}

const mebibyte = 1024 * 1024;

/**
 * A swarm's service as the containers that it runs, so that each policy about containers is one about services. Everything that a service publishes is on
 * every address of its node; the stack's registry may be.
 * @returns other resources as they are
 */
export function asContainer(declared: Resource): Resource {
  const { type, name, props } = declared;
  if (type !== swarmServiceType) return declared;
  const task = record(props, "taskSpec");
  const spec = record(task, "containerSpec");
  const hidden = isUnknown(props, "taskSpec") || isUnknown(task, "containerSpec");
  const view = {
    image: hidden || isUnknown(spec, "image") ? unknown : textValue(spec, "image"),
    memory: hidden ? unknown : memoryOf(record(record(task, "resources"), "limits")),
    envs: environmentOf(record(spec, "env")),
    mounts: records(spec, "mounts"),
    capabilities: { adds: Reflect.get(spec, "capAdds") },
    networksAdvanced: records(task, "networksAdvanceds"),
    ports:
      name === "registry-service"
        ? []
        : records(record(props, "endpointSpec"), "ports").map((port) => ({ internal: numberValue(port, "targetPort") })),
  };
  return { type: containerType, name, props: { ...props, ...view } };
}

function memoryOf(limits: Values): unknown {
  return isUnknown(limits, "memoryBytes") ? unknown : (numberValue(limits, "memoryBytes") ?? 0) / mebibyte;
}

function environmentOf(env: Values): string[] {
  return Object.keys(env).map((name) => {
    const value = isUnknown(env, name) ? unknown : (textValue(env, name) ?? "");
    return value === unknown || value === secret ? value : `${name}=${value}`;
  });
}
