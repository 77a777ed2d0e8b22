import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { errorCode } from "./errors.ts";
import { project } from "./stack-lock.ts";

/** A resource as pulumi's state knows it. */
export interface StateResource {
  readonly urn: string;
  readonly type: string;
  /** The provider's id: for containers and networks the engine's id, for volumes the name. Empty for components. */
  readonly id: string;
}

/** What of a stack's state the commands need. */
export interface StackState {
  readonly resources: readonly StateResource[];
  /** URNs of what an interrupted update was doing. */
  readonly pending: readonly string[];
}

export const dockerTypes = {
  container: "docker:index/container:Container",
  network: "docker:index/network:Network",
  volume: "docker:index/volume:Volume",
} as const;

/** Whether something of the stack is in AWS, or in a service in its place. */
export function hasAwsParts({ resources }: StackState): boolean {
  return resources.some(({ type }) => type.startsWith("aws:"));
}

interface RawResource {
  readonly urn?: string;
  readonly type?: string;
  readonly id?: string;
  /** Set while a replaced resource waits for its deletion. */
  readonly delete?: boolean;
}

interface RawDeployment {
  readonly resources?: readonly RawResource[] | null;
  readonly pending_operations?: readonly { readonly resource?: RawResource }[] | null;
}

/**
 * Reads the text of a deployment: what `pulumi stack export` prints, or the checkpoint file of a file backend.
 * @throws SyntaxError where it is not JSON
 */
export function parseState(text: string): StackState {
  const value = JSON.parse(text) as { deployment?: RawDeployment | null; checkpoint?: { latest?: RawDeployment | null } | null };
  const deployment = value.deployment ?? value.checkpoint?.latest ?? {};
  const resources = (deployment.resources ?? []).map(({ urn = "", type = "", id = "" }) => ({ urn, type, id }));
  const pending = (deployment.pending_operations ?? []).map(({ resource }) => resource?.urn ?? "");
  return { resources, pending };
}

/**
 * Reads the state straight from a file backend, in a millisecond where `pulumi stack export` takes half a second.
 * @returns undefined where the stack does not exist
 */
export async function readStateFile(folder: string, stack: string): Promise<StackState | undefined> {
  const file = join(folder, ".pulumi", "stacks", project, `${stack}.json`);
  const plain = await readIfThere(file);
  if (plain !== undefined) return parseState(plain.toString("utf8"));
  // With PULUMI_DIY_BACKEND_GZIP.
  const packed = await readIfThere(`${file}.gz`);
  return packed && parseState(gunzipSync(packed).toString("utf8"));
}

async function readIfThere(file: string): Promise<Buffer | undefined> {
  return readFile(file).catch((error: unknown) => {
    if (errorCode(error) === "ENOENT") return undefined;
    throw error;
  });
}

/** Ids of one kind of engine resource in the state. */
export function stateIds(state: StackState, kind: keyof typeof dockerTypes): string[] {
  return state.resources.filter(({ type }) => type === dockerTypes[kind]).map(({ id }) => id);
}
