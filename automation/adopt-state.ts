import { randomUUID } from "node:crypto";
import { type Registration, secretValue } from "./adopt-record.ts";
import { project } from "./lock.ts";

/** A deployment as `pulumi stack export` prints it. */
export interface Deployment {
  readonly version: number;
  readonly deployment: Readonly<Record<string, unknown>>;
}

/** Versions of the plugin's schemas, which it reads its own state by. */
const schemas: Readonly<Record<string, string>> = {
  "docker:index/container:Container": "2",
  "docker:index/network:Network": "1",
  "docker:index/volume:Volume": "1",
};

/** What the plugin adds to what a program says, and no engine tells: without it, all that would be a change. */
const defaults: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  "docker:index/container:Container": {
    containerReadRefreshTimeoutMilliseconds: 15_000,
    ...{ mustRun: true, start: true, removeVolumes: true, waitTimeout: 60 },
    ...{ attach: false, logs: false, rm: false, wait: false },
  },
  "docker:index/network:Network": { ipamDriver: "default" },
};

/**
 * Makes the state of a stack that has everything already that the program declares and the engine has. A refresh fills in the rest.
 * @param empty the state of the new stack
 */
export function rebuiltState(stack: string, empty: Deployment, registrations: readonly Registration[]): Deployment {
  const kept = registrations.filter(({ custom, live }) => !custom || live !== undefined);
  const urns = new Set(kept.map(({ urn }) => urn));
  const providers = new Map(kept.filter(({ custom }) => custom).map((each) => [providerName(each), provider(stack, each)]));
  const resources = kept.map((each) => {
    const only = (list: readonly string[]) => list.filter((urn) => urns.has(urn));
    const { urn, type, custom, parent } = each;
    const shared = { urn, type, custom, ...(parent === undefined ? {} : { parent }) };
    if (each.live === undefined) return shared;
    const from = providers.get(providerName(each));
    return {
      ...shared,
      id: each.live.id,
      inputs: each.inputs,
      outputs: outputsOf(each, each.live),
      provider: `${from?.urn}::${from?.id}`,
      dependencies: only(each.dependencies),
      propertyDependencies: Object.fromEntries(Object.entries(each.propertyDependencies).map(([key, list]) => [key, only(list)])),
      ignoreChanges: each.ignoreChanges,
      replaceOnChanges: each.replaceOnChanges,
      additionalSecretOutputs: each.additionalSecretOutputs,
    };
  });
  return { ...empty, deployment: { ...empty.deployment, resources: [...providers.values(), ...resources] } };
}

function outputsOf(
  { type, inputs }: Registration,
  { id, outputs, secrets = [] }: NonNullable<Registration["live"]>,
): Record<string, unknown> {
  const own = Object.entries(outputs).map(([key, value]) => [key, secrets.includes(key) ? secretValue(value) : value]);
  const schema = schemas[type];
  return {
    ...defaults[type],
    ...inputs,
    ...Object.fromEntries(own),
    id,
    ...(schema === undefined ? {} : { __meta: JSON.stringify({ schema_version: schema }) }),
  };
}

function providerName({ type, version }: Pick<Registration, "type" | "version">): string {
  return `${type.split(":")[0]} ${version}`;
}

/** The default provider of a plugin. */
function provider(stack: string, { type, version }: Pick<Registration, "type" | "version">) {
  const kind = `pulumi:providers:${type.split(":")[0]}`;
  const name = `default_${version.replaceAll(/[.-]/g, "_")}`;
  return {
    urn: `urn:pulumi:${stack}::${project}::${kind}::${name}`,
    ...{ type: kind, custom: true, id: randomUUID(), inputs: { __internal: {}, version }, outputs: { version } },
  };
}
