import { isDeepStrictEqual } from "node:util";
import type { NamedEngine } from "../model/stack-engine.ts";
import type { Deployment } from "./adopt-state.ts";
import { dockerProviderType, type StackState } from "./state.ts";

/**
 * Whether what pulumi does without a program (a refresh, a removal) would ask another engine than settings name by now: it configures its plugin
 * as the last update did.
 */
export function asksAnother({ engine }: StackState, named: NamedEngine): boolean {
  return engine !== undefined && !isDeepStrictEqual(engine, named);
}

/** Has the plugin of a state ask the engine that settings name. Pure. */
export function withEngine(state: Deployment, { host, certPath }: NamedEngine): Deployment {
  const { resources = [] } = state.deployment as { readonly resources?: readonly Resource[] };
  const moved = ({ host: _, certPath: __, ...others }: Properties = {}) => ({
    ...others,
    ...(host === undefined ? {} : { host }),
    ...(certPath === undefined ? {} : { certPath }),
  });
  const changed = resources.map((resource) =>
    resource.type === dockerProviderType ? { ...resource, inputs: moved(resource.inputs), outputs: moved(resource.outputs) } : resource,
  );
  return { ...state, deployment: { ...state.deployment, resources: changed } };
}

type Properties = Readonly<Record<string, unknown>>;

interface Resource {
  readonly type: string;
  readonly inputs?: Properties;
  readonly outputs?: Properties;
}
