import { isRecord } from "../policies/values.ts";

/** A resource that a program declares, previewed from empty state. */
export interface BlueprintResource {
  readonly urn: string;
  readonly type: string;
  readonly name: string;
  /** With Pulumi's marks in place of what is secret, or not known before an update (policies/values.ts). */
  readonly inputs: Readonly<Record<string, unknown>>;
  /** URNs of the resources that an input's value comes from. */
  readonly from: Readonly<Record<string, readonly string[]>>;
}

/** Everything that one version of a program declares: what `nitro preview --blueprint --json` writes. */
export interface Blueprint {
  readonly format: 1;
  readonly stack: string;
  readonly resources: readonly BlueprintResource[];
}

/** The text is no blueprint; the message says what is wrong, and quotes nothing of it. */
export class BlueprintError extends Error {
  override readonly name = "BlueprintError";
}

const mostCharacters = 2_000_000;
const mostResources = 500;
/** Of lists and objects inside each other: more than any resource's inputs need, and few enough for whatever walks through them. */
const mostNested = 32;

/**
 * Reads a blueprint that anybody may have written.
 * @param what names it in messages
 * @throws BlueprintError
 */
export function parseBlueprint(text: string, what: string): Blueprint {
  const fail = (problem: string): never => {
    throw new BlueprintError(`${what} ${problem}; needed is what nitro preview --blueprint writes`);
  };
  if (text.length > mostCharacters) fail(`has ${text.length} characters, allowed are ${mostCharacters}`);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return fail("is not JSON");
  }
  if (isDeeper(value, mostNested)) fail(`is nested more than ${mostNested} deep`);
  if (!isRecord(value) || value.format !== 1) return fail("is not of format 1");
  if (typeof value.stack !== "string") return fail("names no stack");
  const { resources } = value;
  if (!Array.isArray(resources)) return fail("has no list of resources");
  if (resources.length > mostResources) return fail(`has ${resources.length} resources, allowed are ${mostResources}`);
  if (!resources.every(isResource)) return fail("has a resource that is none");
  if (new Set(resources.map(({ urn }) => urn)).size < resources.length) return fail("has a resource twice");
  return { format: 1, stack: value.stack, resources };
}

function isResource(value: unknown): value is BlueprintResource {
  if (!isRecord(value) || !isRecord(value.inputs) || !isRecord(value.from)) return false;
  if (![value.urn, value.type, value.name].every((text) => typeof text === "string" && text.length <= 500)) return false;
  return Object.values(value.from).every((urns) => Array.isArray(urns) && urns.every((urn) => typeof urn === "string"));
}

/** Level by level: a function that calls itself for each would end at the depth that it is to find. */
function isDeeper(value: unknown, most: number): boolean {
  let level = [value];
  for (let depth = 0; depth <= most && level.length > 0; depth++) {
    level = level.flatMap((each) => (typeof each === "object" && each !== null ? Object.values(each) : []));
  }
  return level.length > 0;
}
