import { spawn } from "node:child_process";
import { resolve } from "node:path";
import { Engine } from "../../docker/engine.ts";
import { useRole } from "../../model/last-use.ts";
import { labels } from "../../model/names.ts";

/** The repository's folder: commands run there as a user's would. */
export const root = resolve(import.meta.dirname, "../..");

export interface Result {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program without a terminal, to its end. */
export function run(program: string, args: readonly string[], options: { cwd?: string; env?: NodeJS.ProcessEnv } = {}): Promise<Result> {
  return new Promise((done, fail) => {
    const child = spawn(program, args, {
      cwd: options.cwd ?? root,
      env: { ...process.env, ...options.env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    let stdout = "";
    let stderr = "";
    child.stdout.on("data", (chunk) => {
      stdout += chunk;
    });
    child.stderr.on("data", (chunk) => {
      stderr += chunk;
    });
    child.once("error", fail);
    child.once("close", (code) => done({ code: code ?? -1, stdout, stderr }));
  });
}

/** Runs `./nitro …` and gives back whatever it ended with. */
export function tryNitro(...args: string[]): Promise<Result> {
  return run("./nitro", args);
}

/** Runs `./nitro …`, which has to succeed. @throws with everything it printed */
export async function nitro(...args: string[]): Promise<string> {
  const result = await tryNitro(...args);
  if (result.code !== 0) throw new Error(`./nitro ${args.join(" ")} ended with ${result.code}:\n${result.stdout}\n${result.stderr}`);
  return result.stdout;
}

/** Runs `./nitro … --json`, which has to succeed. */
export async function nitroJson<T>(...args: string[]): Promise<T> {
  return JSON.parse(await nitro(...args, "--json")) as T;
}

/** What the engine has of a stack: container ids by role, and the names of networks, of volumes, and of the empty ones that note its use. */
export async function engineResources(stack: string) {
  const engine = Engine.connect();
  const filter = { labels: { [labels.stack]: stack } };
  const [containers, networks, volumes] = await Promise.all([
    engine.containers({ ...filter, all: true }),
    engine.networks(filter),
    engine.volumes(filter),
  ]);
  const isNote = ({ labels: has }: { readonly labels: Readonly<Record<string, string>> }) => has[labels.role] === useRole;
  return {
    containers: Object.fromEntries(containers.map(({ id, labels: has }) => [has[labels.role] ?? "", id])),
    networks: networks.map(({ name }) => name),
    volumes: volumes
      .filter((volume) => !isNote(volume))
      .map(({ name }) => name)
      .sort(),
    notes: volumes.filter(isNote).map(({ name }) => name),
  };
}

/**
 * A stack's resources as `pulumi stack export` gives them, by their URNs: inputs, outputs, dependencies, times. Secrets are in plain text: pulumi
 * encrypts them anew whenever it writes them. Without the frames of the program that declared them: they say how it was loaded.
 */
export async function exportedResources(stack: string): Promise<Map<string, Record<string, unknown>>> {
  const { code, stdout, stderr } = await run("pulumi", ["stack", "export", "-s", stack, "--show-secrets"], {
    env: await nitroJson<Record<string, string>>("env"),
  });
  if (code !== 0) throw new Error(`pulumi stack export ended with ${code}:\n${stderr}`);
  const { deployment } = JSON.parse(stdout) as { deployment: { resources: { urn: string }[] } };
  return new Map(deployment.resources.map((resource) => [resource.urn, { ...resource, stackTrace: undefined }]));
}

type Resources = Awaited<ReturnType<typeof exportedResources>>;

/** What differs between two states of a stack, as the names of resources (`urn` after its last "::") and of their fields. */
export function stateChanges(before: Resources, after: Resources): Record<string, string[]> {
  const changes: Record<string, string[]> = {};
  for (const urn of new Set([...before.keys(), ...after.keys()])) {
    const [old = {}, now = {}] = [before.get(urn), after.get(urn)];
    const fields = new Set([...Object.keys(old), ...Object.keys(now)]);
    const changed = [...fields].filter((field) => JSON.stringify(old[field]) !== JSON.stringify(now[field]));
    if (changed.length > 0) changes[urn.replace(/^.*::/, "")] = changed.sort();
  }
  return changes;
}
