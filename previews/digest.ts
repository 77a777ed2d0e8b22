import { secret, unknown } from "../policies/values.ts";
import { differences, rootProperty } from "./differences.ts";
import type { Difference, Operation, Report, ResourceChange } from "./report.ts";

/** A resource's state in a digest, as far as previews read it (sdk/go/common/apitype, ResourceV3). */
export interface DigestState {
  readonly urn: string;
  readonly type: string;
  readonly custom: boolean;
  readonly inputs?: Readonly<Record<string, unknown>>;
  readonly propertyDependencies?: Readonly<Record<string, readonly string[] | null>>;
}

export interface DigestStep {
  readonly op: string;
  readonly urn: string;
  readonly oldState?: DigestState;
  readonly newState?: DigestState;
  /** Inputs that differ, and those among them that cannot be changed in place. */
  readonly diffReasons?: readonly string[] | null;
  readonly replaceReasons?: readonly string[] | null;
}

/** What `pulumi preview --json` prints (pkg/backend/display/previews.go, PreviewDigest). Secrets are masked in it. */
export interface ValueDigest {
  readonly steps?: readonly DigestStep[] | null;
  readonly diagnostics?: readonly { readonly urn?: string; readonly message?: string; readonly severity?: string }[] | null;
}

/** @returns undefined where the text holds none: pulumi failed before it could */
export function parseDigest(text: string): ValueDigest | undefined {
  const begin = text.indexOf("{");
  if (begin === -1) return undefined;
  try {
    return JSON.parse(text.slice(begin)) as ValueDigest;
  } catch {
    return undefined;
  }
}

const meanings: Readonly<Record<string, Operation>> = {
  create: "create",
  update: "update",
  delete: "delete",
  replace: "replace",
  "create-replacement": "replace",
};

/** Resources of providers: components and what Pulumi adds by itself create nothing. */
export function isReal(state: DigestState | undefined): state is DigestState {
  return state?.custom === true && !state.type.startsWith("pulumi:");
}

/** What an update would do to a stack, by what the engine and the plugins themselves say. Pure. */
export function changesOf(digest: ValueDigest): Pick<Report, "changes" | "unchanged"> {
  const steps = (digest.steps ?? []).filter(({ oldState, newState }) => isReal(newState ?? oldState));
  const changes = new Map<string, ResourceChange>();
  for (const step of steps) {
    const operation = meanings[step.op];
    // One replacement is several steps.
    if (operation !== undefined && !(changes.get(step.urn)?.operation === "replace")) changes.set(step.urn, changeOf(step, operation));
  }
  return { changes: [...changes.values()], unchanged: steps.filter(({ op }) => op === "same").length };
}

function changeOf({ urn, oldState, newState, ...reasons }: DigestStep, operation: Operation): ResourceChange {
  const type = (newState ?? oldState)?.type ?? "";
  const found = operation === "create" || operation === "delete" ? [] : reasonsOf(oldState?.inputs ?? {}, newState?.inputs ?? {}, reasons);
  return { operation, type, name: nameOf(urn), differences: found };
}

type Reasons = Pick<DigestStep, "diffReasons" | "replaceReasons">;

function reasonsOf(from: DigestState["inputs"], to: DigestState["inputs"], { diffReasons, replaceReasons }: Reasons): Difference[] {
  const forcing = new Set((replaceReasons ?? []).map(inputOf));
  const changed = new Set([...(diffReasons ?? []), ...(replaceReasons ?? [])].map(inputOf));
  const seen = differences(from ?? {}, to ?? {}).filter(({ property }) => changed.size === 0 || changed.has(rootProperty(property)));
  const told = new Set(seen.map(({ property }) => rootProperty(property)));
  // What is masked on both sides differs all the same, where the plugin says so.
  const masked = [...changed]
    .filter((property) => !told.has(property))
    .map((property) => ({ property, from: undefined, to: hidden(to?.[property]) }));
  return [...seen, ...masked].map((each) => ({ ...each, replaces: forcing.has(rootProperty(each.property)) }));
}

function hidden(value: unknown): string {
  const text = JSON.stringify(value) ?? "";
  return text.includes(secret) ? "changes, and holds a secret" : text.includes(unknown) ? "(known later)" : "changes";
}

/** `command[0]` and `labels.x` are about `command` and `labels`. */
function inputOf(path: string): string {
  return /^\w+/.exec(path)?.[0] ?? path;
}

export function nameOf(urn: string): string {
  return urn.split("::").at(-1) ?? urn;
}
