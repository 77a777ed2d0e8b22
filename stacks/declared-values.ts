import * as pulumi from "@pulumi/pulumi";
import type { Declared } from "../policies/policy.ts";
import { secret, unknown } from "../policies/values.ts";

/** A resource whose inputs may still be outputs of others. */
export interface DeclaredValues {
  readonly type: string;
  readonly name: string;
  readonly props: pulumi.Inputs;
}

/** What every Output has besides what Pulumi's types show (sdk/nodejs/output.ts, OutputImpl). */
interface OutputInside {
  readonly isKnown: Promise<boolean>;
  readonly isSecret: Promise<boolean>;
  promise(withUnknowns?: boolean): Promise<unknown>;
}

/**
 * @param patience "now": what is not there without waiting for anything counts as unknown; "ever": waits for other resources and for builds
 * @returns the resource with its inputs as policies take them
 */
export async function declaredValues({ type, name, props }: DeclaredValues, patience: "now" | "ever"): Promise<Declared> {
  return { type, name, props: (await plain(props, patience)) as Record<string, unknown> };
}

async function plain(value: unknown, patience: "now" | "ever"): Promise<unknown> {
  if (pulumi.Output.isInstance(value)) return orUnknown(ofOutput(value), patience);
  if (value instanceof Promise) return plain(await orUnknown(value, patience), patience);
  if (Array.isArray(value)) return Promise.all(value.map((item) => plain(item, patience)));
  if (typeof value !== "object" || value === null || pulumi.Resource.isInstance(value)) return value;
  const entries = Object.entries(value).filter(([, inner]) => inner !== undefined);
  return Object.fromEntries(await Promise.all(entries.map(async ([name, inner]) => [name, await plain(inner, patience)] as const)));
}

async function ofOutput(output: pulumi.Output<unknown>): Promise<unknown> {
  const inside = output as unknown as OutputInside;
  const [known, hidden] = await Promise.all([inside.isKnown, inside.isSecret]);
  if (hidden) return secret;
  return known ? inside.promise() : unknown;
}

/** Values that depend on nothing are there before the event loop turns. */
function orUnknown(value: Promise<unknown>, patience: "now" | "ever"): Promise<unknown> {
  if (patience === "ever") return value;
  return Promise.race([value, new Promise((resolve) => setImmediate(resolve, unknown))]);
}
