import type { Declared } from "../policies/policy.ts";
import { secret } from "../policies/values.ts";
import type { Blueprint, BlueprintResource } from "./blueprint.ts";
import { isReal, nameOf, type ValueDigest } from "./digest.ts";

/**
 * Makes a blueprint of a preview from empty state.
 * @param declared the resources as the program gave them. Plugins mark a whole list as secret where one item is, so that the others could not be
 * compared; the program knows which one it is.
 */
export function blueprintOf(stack: string, { steps }: ValueDigest, declared: readonly Declared[]): Blueprint {
  const given = new Map(declared.map(({ type, name, props }) => [`${type} ${name}`, props]));
  const states = (steps ?? []).map(({ newState }) => newState).filter(isReal);
  const resources = states.map(({ urn, type, inputs = {}, propertyDependencies = {} }): BlueprintResource => {
    const name = nameOf(urn);
    // Pulumi's SDK gives them in the order in which their values came, which is another each time.
    const from = Object.entries(propertyDependencies).flatMap(([property, urns]) =>
      urns?.length ? [[property, urns.toSorted()] as const] : [],
    );
    return { urn, type, name, inputs: refined(inputs, given.get(`${type} ${name}`) ?? {}), from: Object.fromEntries(from) };
  });
  return { format: 1, stack, resources: resources.sort((a, b) => (a.urn < b.urn ? -1 : 1)) };
}

type Inputs = Readonly<Record<string, unknown>>;

function refined(inputs: Inputs, given: Inputs): Inputs {
  const entries = Object.entries(inputs).filter(([name]) => name !== "__defaults");
  return Object.fromEntries(entries.map(([name, value]) => [name, value === secret ? (given[name] ?? value) : value]));
}
