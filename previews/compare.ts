import { evaluate, type Policy } from "../policies/policy.ts";
import { secret, unknown } from "../policies/values.ts";
import type { Blueprint, BlueprintResource } from "./blueprint.ts";
import { differences, rootProperty } from "./differences.ts";
import { type Replacing, replaces } from "./replacing.ts";
import type { Difference, Report, ResourceChange } from "./report.ts";

/**
 * Compares two versions of a program, each previewed from empty state. Pure.
 * @param base undefined where that version cannot be previewed: then everything is new
 * @param replacing what the plugins' schemas say
 */
export function compareBlueprints(
  base: Blueprint | undefined,
  head: Blueprint,
  policies: readonly Policy[],
  replacing: Replacing,
): Omit<Report, "title"> {
  const before = new Map((base?.resources ?? []).map((resource) => [resource.urn, resource]));
  const after = new Set(head.resources.map(({ urn }) => urn));
  const direct = head.resources.map((resource) => changeOf(before.get(resource.urn), resource, replacing));
  const changes = followReplacements(head.resources, direct, replacing);
  const deleted = [...before.values()].filter(({ urn }) => !after.has(urn)).map(deletion);
  const present = changes.filter((change) => change !== undefined);
  return {
    changes: [...present, ...deleted],
    unchanged: changes.length - present.length,
    findings: evaluate(
      policies,
      head.resources.map(({ type, name, inputs }) => ({ type, name, props: inputs })),
    ),
  };
}

function changeOf(before: BlueprintResource | undefined, { type, name, inputs }: BlueprintResource, replacing: Replacing) {
  if (before === undefined) return { operation: "create", type, name, differences: [] } as const;
  const found = differences(before.inputs, inputs).map((each) => ({
    ...each,
    replaces: replaces(replacing, type, rootProperty(each.property)),
  }));
  return found.length === 0 ? undefined : change(type, name, found);
}

function change(type: string, name: string, found: readonly Difference[]): ResourceChange {
  return { operation: found.some((each) => each.replaces) ? "replace" : "update", type, name, differences: found };
}

function deletion({ type, name }: BlueprintResource): ResourceChange {
  return { operation: "delete", type, name, differences: [] };
}

/**
 * A value that is known only during an update is the same mark in both versions. It changes with the resource that it comes from: another
 * image gets another id. Repeated until nothing more is replaced.
 */
function followReplacements(
  resources: readonly BlueprintResource[],
  direct: readonly (ResourceChange | undefined)[],
  replacing: Replacing,
): readonly (ResourceChange | undefined)[] {
  const renewed = new Map(
    resources.flatMap(({ urn, name }, index) => (["replace", "create"].includes(direct[index]?.operation ?? "") ? [[urn, name]] : [])),
  );
  const next = resources.map((resource, index) => {
    const before = direct[index];
    if (before?.operation === "create") return before;
    const told = new Set(before?.differences.map(({ property }) => rootProperty(property)));
    const inherited = Object.entries(resource.from).flatMap(([property, urns]): Difference[] => {
      const source = urns.find((urn) => renewed.has(urn));
      if (source === undefined || told.has(property) || !isOpen(resource.inputs[property])) return [];
      const to = `comes from ${renewed.get(source)}`;
      return [{ property, from: undefined, to, replaces: replaces(replacing, resource.type, property) }];
    });
    if (inherited.length === 0) return before;
    return change(resource.type, resource.name, [...(before?.differences ?? []), ...inherited]);
  });
  const more = next.some((each, index) => each !== direct[index]);
  return more ? followReplacements(resources, next, replacing) : next;
}

/** True where (a part of) a value is not to be seen before an update. */
function isOpen(value: unknown): boolean {
  const text = JSON.stringify(value) ?? "";
  return text.includes(unknown) || text.includes(secret);
}
