import { existsSync } from "node:fs";
import { readFile, rm, rmdir } from "node:fs/promises";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { errorCode } from "../common/errors.ts";
import { ifPresent, isAbsent } from "../common/files.ts";
import { type MadeBy, readMadeBy } from "../model/layout.ts";
import type { NamedEngine } from "../model/stack-engine.ts";
import { type Runtime, serviceType } from "../model/urns.ts";
import { project, stackLockFolder } from "./lock.ts";

/** A resource as pulumi's state knows it. */
export interface StateResource {
  readonly urn: string;
  readonly type: string;
  /** The provider's id: for containers and networks the engine's id, for volumes the name. Empty for components. */
  readonly id: string;
  /** What the engine calls it; undefined where the state has no name of it, as of components. */
  readonly name?: string | undefined;
}

/** What of a stack's state the commands need. */
export interface StackState {
  readonly resources: readonly StateResource[];
  /** URNs of what an interrupted update was doing. */
  readonly pending: readonly string[];
  /** Undefined before the first update that ended well, and of programs that did not say so yet. */
  readonly madeBy?: MadeBy | undefined;
  /** Set once an update has ended well. */
  readonly hasOutputs?: true | undefined;
  /** The engine that settings named when the plugin was last configured; undefined where there is no plugin yet. */
  readonly engine?: NamedEngine | undefined;
}

export const dockerProviderType = "pulumi:providers:docker";

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
  readonly inputs?: Readonly<Record<string, unknown>>;
  readonly outputs?: Readonly<Record<string, unknown>>;
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
  const resources = (deployment.resources ?? []).map(stateResource);
  const pending = (deployment.pending_operations ?? []).map(({ resource }) => resource?.urn ?? "");
  const root = (deployment.resources ?? []).find(({ type }) => type === "pulumi:pulumi:Stack");
  const hasOutputs = Object.keys(root?.outputs ?? {}).length > 0 ? true : undefined;
  const plugin = (deployment.resources ?? []).find(({ type }) => type === dockerProviderType);
  return { resources, pending, madeBy: readMadeBy(root?.outputs?.madeBy), hasOutputs, engine: plugin && engineOf(plugin) };
}

function stateResource({ urn = "", type = "", id = "", inputs }: RawResource): StateResource {
  return { urn, type, id, name: typeof inputs?.name === "string" ? inputs.name : undefined };
}

function engineOf({ inputs: { host, certPath } = {} }: RawResource): NamedEngine {
  return { ...(typeof host === "string" && { host }), ...(typeof certPath === "string" && { certPath }) };
}

/** Where a file backend keeps a stack's state: one of two files, the second with PULUMI_DIY_BACKEND_GZIP. */
export function checkpointFiles(folder: string, stack: string): readonly [plain: string, packed: string] {
  const file = join(folder, ".pulumi", "stacks", project, `${stack}.json`);
  return [file, `${file}.gz`];
}

/**
 * Makes a stack readable again whose pulumi was killed as it wrote. It replaces the state all at once, but not the file of attributes beside it
 * (gocloud.dev/blob/fileblob), which is left empty or cut off, and without which everything works.
 * Nobody may be changing the stack.
 */
export async function mendAttributes(folder: string, stack: string): Promise<void> {
  for (const file of checkpointFiles(folder, stack).flatMap((checkpoint) => [`${checkpoint}.attrs`, `${checkpoint}.bak.attrs`])) {
    const text = await ifPresent(readFile(file, "utf8"));
    if (text !== undefined && !isJson(text)) await rm(file, { force: true });
  }
}

/**
 * Removes what pulumi keeps of a stack that it has removed: the last state, and those before each update. They are of things that are gone, and
 * hold the stack's secrets, if encrypted. The folders of its locks and its history go where they are empty. Where a stack of that name is there, all stays.
 */
export async function removeBackups(folder: string, stack: string): Promise<void> {
  const files = checkpointFiles(folder, stack);
  if (files.some((file) => existsSync(file))) return;
  for (const file of files.flatMap((checkpoint) => [`${checkpoint}.bak`, `${checkpoint}.bak.attrs`])) await rm(file, { force: true });
  await rm(join(folder, ".pulumi", "backups", project, stack), { recursive: true, force: true });
  for (const left of [join(folder, ".pulumi", "history", project, stack), stackLockFolder(folder, stack)]) await removeEmpty(left);
}

/** A folder that holds something stays. */
async function removeEmpty(folder: string): Promise<void> {
  await rmdir(folder).catch((error: unknown) => {
    if (!isAbsent(error) && !["ENOTEMPTY", "EEXIST"].includes(errorCode(error) ?? "")) throw error;
  });
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/**
 * Reads the state straight from a file backend, in a millisecond where `pulumi stack export` takes half a second.
 * @returns undefined where the stack does not exist
 */
export async function readStateFile(folder: string, stack: string): Promise<StackState | undefined> {
  const [file, packedFile] = checkpointFiles(folder, stack);
  const plain = await ifPresent(readFile(file, "utf8"));
  if (plain !== undefined) return parseState(plain);
  const packed = await ifPresent(readFile(packedFile));
  return packed && parseState(gunzipSync(packed).toString("utf8"));
}

/** What runs the parts of the stack that a state is of. */
export function runtimeOf({ resources }: StackState): Runtime {
  return resources.some(({ type }) => type === serviceType) ? "swarm" : "container";
}

/** Ids of one kind of engine resource in the state; a service of a swarm stands for its container. */
export function stateIds(state: StackState, kind: keyof typeof dockerTypes): string[] {
  const isKind = (type: string) => type === dockerTypes[kind] || (kind === "container" && type === serviceType);
  return state.resources.filter(({ type }) => isKind(type)).map(({ id }) => id);
}
