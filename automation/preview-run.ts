import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Context } from "../common/context.ts";
import { InterruptedError } from "../common/errors.ts";
import { hasSalt } from "../model/settings-file.ts";
import type { Declared } from "../policies/policy.ts";
import { parseDigest, type ValueDigest } from "../previews/digest.ts";
import type { Configured } from "./configured.ts";
import type { Outcome } from "./events.ts";
import { failure } from "./failure.ts";
import { InlineHost } from "./inline-host.ts";
import { type PulumiResult, runPulumi } from "./process.ts";
import { loadProgram, type Stack } from "./stack.ts";

/** What a preview found out. */
export interface PreviewRun {
  readonly digest: ValueDigest;
  /** Every resource as the program declares it: which parts of a value are secret is seen here, in a digest it is all or nothing. */
  readonly declared: readonly Declared[];
}

interface Options {
  readonly stack: Stack;
  /** The settings that the stack would have. */
  readonly configured: Configured;
  readonly blueprint: boolean;
  readonly context: Context;
}

/** Previews a stack that exists against its state; writes nothing but a temporary file of settings. */
export async function previewState({ stack, configured, blueprint, context }: Options): Promise<PreviewRun> {
  return await inTemporaryFolder(async (folder) => {
    const file = join(folder, "settings.yaml");
    await writeFile(file, configured.file.text, { mode: 0o600 });
    const { cwd, env } = stack.surroundings;
    return await run({ stack, configured, blueprint, context, cwd, env, args: ["--config-file", file] });
  });
}

/** Previews a stack as if it had never been: in a backend of its own, which is gone afterwards. Its state holds nothing. */
export async function previewFromEmpty({ stack, configured, blueprint, context }: Options): Promise<PreviewRun> {
  return await inTemporaryFolder(async (cwd) => {
    await mkdir(join(cwd, "backend"));
    await writeFile(join(cwd, "Pulumi.yaml"), "name: nitro\nruntime: nodejs\n");
    await writeFile(join(cwd, `Pulumi.${stack.name}.yaml`), configured.file.text, { mode: 0o600 });
    const env = {
      ...stack.surroundings.env,
      PULUMI_BACKEND_URL: `file://${join(cwd, "backend")}`,
      // Pulumi holds a salt against the passphrase that it was made with: the one that the stack itself would have.
      ...(hasSalt(configured.file.text) ? {} : { PULUMI_CONFIG_PASSPHRASE: "nothing is kept" }),
      // The docker plugin wants an address, and asks nobody there.
      ...(blueprint ? { DOCKER_HOST: "unix:///var/run/docker.sock" } : {}),
    };
    const made = await pulumi(["stack", "init", stack.name, "--no-select"], { cwd, env, context });
    if (made.exitCode !== 0) throw failure(stack.name, withErrors([]), made, env);
    return await run({ stack, configured, blueprint, context, cwd, env, args: [] });
  });
}

interface Place {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly context: Context;
}

async function run({
  stack,
  configured: { forProgram: configuration },
  blueprint,
  args,
  ...place
}: Place & Pick<Options, "stack" | "configured" | "blueprint"> & { readonly args: readonly string[] }) {
  const declared: Promise<Declared>[] = [];
  const host = await InlineHost.start(() =>
    loadProgram(place.context, { blueprint, configuration, onResource: (resource) => void declared.push(resource) }),
  );
  try {
    const all = ["preview", "--json", "--show-sames", "--stack", stack.name, "--client", host.address, ...args];
    const result = await pulumi(all, place, () => host.load());
    const digest = parseDigest(result.output);
    if (result.exitCode !== 0 || digest === undefined) throw failure(stack.name, withErrors(digest?.diagnostics ?? []), result, place.env);
    return { digest, declared: await Promise.all(declared) };
  } finally {
    host.close();
  }
}

async function pulumi(args: readonly string[], { cwd, env, context }: Place, onStart?: () => void): Promise<PulumiResult> {
  const { signal, kill } = context;
  const result = await runPulumi({ args: [...args, "--non-interactive", "--color", "never"], env, cwd, signal, kill, onStart });
  if (signal.aborted) throw new InterruptedError("stopped: a preview changes nothing");
  return result;
}

function withErrors(diagnostics: NonNullable<ValueDigest["diagnostics"]>): Outcome {
  const errors = diagnostics.filter(({ severity }) => severity === "error").map(({ urn = "", message = "" }) => ({ urn, message }));
  return { counts: {}, touched: false, attempts: [], outputs: undefined, errors, warnings: [] };
}

async function inTemporaryFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), "nitro-preview-"));
  try {
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
