import { withoutSecrets } from "../policies/secret-looks.ts";
import { isRecord, secret, unknown } from "../policies/values.ts";
import type { Difference } from "./report.ts";

type Inputs = Readonly<Record<string, unknown>>;
type Change = Omit<Difference, "replaces">;

/** What names an item of a list of objects, in this order. */
const names = ["label", "containerPath", "internal", "name", "target", "file", "host"] as const;

/**
 * Compares the inputs of two versions of a resource.
 * @returns a line for each difference, in the order of the properties' names; values as texts, secrets never
 */
export function differences(from: Inputs, to: Inputs): Change[] {
  const properties = [...new Set([...Object.keys(from), ...Object.keys(to)])].sort();
  return properties.flatMap((property) => compare(property, from[property], to[property]));
}

/** @returns the property of the resource that a difference is about: "labels" of "labels nitro.executable" */
export function rootProperty(property: string): string {
  return property.split(" ")[0] ?? property;
}

function compare(property: string, from: unknown, to: unknown): Change[] {
  if (JSON.stringify(from) === JSON.stringify(to)) return [];
  const lists = Array.isArray(from ?? []) && Array.isArray(to ?? []) && (Array.isArray(from) || Array.isArray(to));
  if (lists) return compareLists(property, list(from), list(to));
  if (isRecord(from) && isRecord(to)) return compareRecords(property, from, to);
  return [{ property, from: shownValue(from), to: shownValue(to) }];
}

function compareRecords(property: string, from: Inputs, to: Inputs): Change[] {
  const keys = [...new Set([...Object.keys(from), ...Object.keys(to)])].filter((key) => key !== "__defaults");
  return keys.flatMap((key) => compare(`${property} ${key}`, from[key], to[key]));
}

function compareLists(property: string, from: readonly unknown[], to: readonly unknown[]): Change[] {
  if ([...from, ...to].every(isRecord)) {
    const [before, after] = [named(from.filter(isRecord)), named(to.filter(isRecord))];
    if (before !== undefined && after !== undefined) return compareRecords(property, before, after);
  }
  const gone = without(from, to);
  const come = without(to, from);
  if (gone.length + come.length === 0) return [{ property, from: undefined, to: "in another order" }];
  return [{ property, from: joined(gone), to: joined(come) }];
}

/** @returns a list as an object by what names its items; undefined where nothing does, or one name comes twice */
function named(items: readonly Inputs[]): Record<string, unknown> | undefined {
  const found = items.map((item) => {
    const key = names.find((name) => item[name] !== undefined);
    if (key === undefined) return undefined;
    const { [key]: name, __defaults, ...rest } = item;
    const { value, ...others } = rest;
    return [String(name), value !== undefined && Object.keys(others).length === 0 ? value : rest] as const;
  });
  const entries = found.filter((entry) => entry !== undefined);
  return entries.length === items.length && new Set(entries.map(([name]) => name)).size === items.length
    ? Object.fromEntries(entries)
    : undefined;
}

/** Items of `all` that `others` lacks, each as often as it is missing. */
function without(all: readonly unknown[], others: readonly unknown[]): unknown[] {
  const left = others.map((item) => JSON.stringify(item));
  return all.filter((item) => {
    const at = left.indexOf(JSON.stringify(item));
    if (at === -1) return true;
    left.splice(at, 1);
    return false;
  });
}

function joined(items: readonly unknown[]): string | undefined {
  return items.length === 0 ? undefined : items.map((item) => shownValue(item) ?? "").join(", ");
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** A value for people: hashes short, secrets (also those that are not marked) and what is not known yet by these words. */
export function shownValue(value: unknown): string | undefined {
  if (value === undefined || value === null) return undefined;
  const text = typeof value === "string" ? value : JSON.stringify(value, (key, inner) => (key === "__defaults" ? undefined : inner));
  return withoutSecrets(text)
    .replaceAll(secret, "(secret)")
    .replaceAll(unknown, "(known later)")
    .replace(/\b[0-9a-f]{64}\b/g, (hash) => hash.slice(0, 12));
}
