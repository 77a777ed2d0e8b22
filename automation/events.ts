import { stripVTControlCharacters } from "node:util";
import type { EngineEvent } from "@pulumi/pulumi/automation/events.js";
import type { ProgressStep } from "../common/progress.ts";

export type { EngineEvent };

/** What an event means to a person. */
export type StepChange =
  | { readonly kind: "started" | "finished" | "failed"; readonly step: ProgressStep }
  | { readonly kind: "note"; readonly text: string };

const words: Record<string, readonly [doing: string, done: string]> = {
  create: ["creating", "created"],
  "create-replacement": ["creating", "replaced"],
  update: ["updating", "updated"],
  delete: ["removing", "removed"],
  "delete-replaced": ["removing", "removed the old"],
  "discard-replaced": ["forgetting", "forgot the old"],
  discard: ["forgetting", "forgot"],
  import: ["adopting", "adopted"],
};

/**
 * Turns an engine event into what a person wants to see: changes of real resources, and what the program has to say.
 * @returns undefined for everything else
 */
export function progressOf(event: EngineEvent): StepChange | undefined {
  const diagnostic = event.diagnosticEvent;
  if (diagnostic !== undefined) {
    if (diagnostic.severity !== "info" && diagnostic.severity !== "info#err") return undefined;
    const text = plain(diagnostic.message).trimEnd();
    return text === "" ? undefined : { kind: "note", text };
  }
  const [kind, metadata] =
    event.resourcePreEvent !== undefined
      ? (["started", event.resourcePreEvent.metadata] as const)
      : event.resOutputsEvent !== undefined
        ? (["finished", event.resOutputsEvent.metadata] as const)
        : (["failed", event.resOpFailedEvent?.metadata] as const);
  const verb = metadata === undefined ? undefined : words[metadata.op];
  if (metadata === undefined || verb === undefined) return undefined;
  const state = metadata.new ?? metadata.old;
  if (state?.custom !== true || metadata.type.startsWith("pulumi:")) return undefined;
  // Images stay where they are (keepLocally): only the state forgets them.
  if (metadata.type === imageType && metadata.op.startsWith("delete")) return undefined;
  const name = state.inputs.name ?? metadata.old?.inputs.name;
  return {
    kind,
    step: { key: `${metadata.urn} ${verb[0]}`, label: label(metadata.type, metadata.urn, name), doing: verb[0], done: verb[1] },
  };
}

/** What an event is about, in one line, for traces: "resourcePre create redis-container". */
export function eventName(event: EngineEvent): string {
  const kind = Object.keys(event).find((key) => key.endsWith("Event")) ?? "event";
  const metadata = (event.resourcePreEvent ?? event.resOutputsEvent ?? event.resOpFailedEvent)?.metadata;
  const about = metadata === undefined ? "" : ` ${metadata.op} ${metadata.urn.split("::").at(-1) ?? ""}`;
  return kind.replace(/Event$/, "") + about;
}

const imageType = "docker:index/remoteImage:RemoteImage";

const kinds: Record<string, string> = { RemoteImage: "image", RandomPassword: "password" };

function label(type: string, urn: string, name: unknown): string {
  const last = type.split(":").at(-1) ?? type;
  const kind = kinds[last] ?? last.toLowerCase();
  return `${kind} ${typeof name === "string" ? name : (urn.split("::").at(-1) ?? urn)}`;
}

/** Removes terminal colours and pulumi's own colour marks such as `<{%reset%}>`. */
export function plain(text: string): string {
  return stripVTControlCharacters(text).replace(/<\{%[^%]*%\}>/g, "");
}

/** Whether something real was changed, or was tried to. */
export function touches(event: EngineEvent): boolean {
  return ["started", "finished", "failed"].includes(progressOf(event)?.kind ?? "");
}

/** Counts of what an update changed, from the summary event: `{create: 2, same: 14}`. */
export type OperationCounts = Readonly<Partial<Record<string, number>>>;

/** A change of one real resource, whether it went well or not. */
export interface Attempt {
  readonly urn: string;
  readonly type: string;
  /** In pulumi's words, such as create and delete. */
  readonly op: string;
}

/** Everything of an update's events that outlives it. */
export interface Outcome {
  readonly counts: OperationCounts;
  /** Something real was changed, or was tried to: pulumi's counts have components too. */
  readonly touched: boolean;
  /** Outputs of the stack, secrets as "[secret]"; undefined where the program did not get that far. */
  readonly outputs: Readonly<Record<string, unknown>> | undefined;
  /** Real resources that were changed, or were tried to, in the order of their beginning. */
  readonly attempts: readonly Attempt[];
  /** Error diagnostics as pulumi gives them. */
  readonly errors: readonly { readonly urn: string; readonly message: string }[];
  readonly warnings: readonly string[];
}

const rootStackType = "pulumi:pulumi:Stack";

/** Marks a secret in pulumi's JSON (sdk/go/common/resource/sig). */
const secretMark = "4dabf18193072939515e22adb298388d";

/** Collects the outcome from the events of an update, in their order. */
export function outcomeOf(events: readonly EngineEvent[]): Outcome {
  const diagnostics = events.flatMap(({ diagnosticEvent }) => (diagnosticEvent === undefined ? [] : [diagnosticEvent]));
  const messages = (severity: string) =>
    diagnostics.filter((each) => each.severity === severity).map(({ urn = "", message }) => ({ urn, message: plain(message).trim() }));
  const root = events.findLast(({ resOutputsEvent }) => resOutputsEvent?.metadata.type === rootStackType)?.resOutputsEvent;
  return {
    touched: events.some(touches),
    attempts: events.flatMap((event) => (progressOf(event)?.kind === "started" ? attemptOf(event) : [])),
    counts: (events.findLast(({ summaryEvent }) => summaryEvent !== undefined)?.summaryEvent?.resourceChanges ?? {}) as OperationCounts,
    outputs: masked(root?.metadata.new?.outputs),
    errors: messages("error"),
    warnings: messages("warning").map(({ message }) => message),
  };
}

function attemptOf({ resourcePreEvent }: EngineEvent): Attempt[] {
  return resourcePreEvent === undefined ? [] : [pick(resourcePreEvent.metadata)];
}

function pick({ urn, type, op }: Attempt): Attempt {
  return { urn, type, op };
}

function masked(outputs: Readonly<Record<string, unknown>> | undefined): Record<string, unknown> | undefined {
  if (outputs === undefined) return undefined;
  const mask = ([name, value]: [string, unknown]) => [name, isSecret(value) ? "[secret]" : value];
  return Object.fromEntries(Object.entries(outputs).map(mask));
}

function isSecret(value: unknown): boolean {
  return typeof value === "object" && value !== null && secretMark in value;
}
