import type { Finding } from "../policies/policy.ts";
import { countOf, type Difference, kindOf, type Operation, operations, type Report, type ResourceChange } from "./report.ts";
import type { Style } from "./style.ts";

const done: Readonly<Record<Operation, string>> = { replace: "replaced", create: "created", update: "updated", delete: "deleted" };

/** So many of each are told, and how many more there are. */
const most = { changes: 40, differences: 4, findings: 20, names: 12 } as const;

/** GitHub takes 65,536 characters of a comment; what is added around this needs some. */
const longest = 60_000;

/**
 * Writes a report so that it is read in ten seconds: what it comes to in the first line, then what is replaced and why, broken policies, and
 * the rest in as few lines as possible.
 */
export function render(report: Report, style: Style): string {
  const parts = [
    style.heading(previewSummary(report)),
    section(style, "Replaced", detailed(report, "replace", style)),
    section(style, "Policies broken", findings(report.findings, style)),
    section(style, "Created", listed(report, "create", style)),
    section(style, "Updated", detailed(report, "update", style)),
    section(style, "Deleted", listed(report, "delete", style)),
    report.unchanged > 0 ? `${report.unchanged} unchanged\n` : "",
  ];
  return `${cut(parts.join("")).trimEnd()}\n`;
}

/** "Preview of stack alice: 2 replaced, 1 created, policies broken once" */
export function previewSummary(report: Report): string {
  const counts = operations.flatMap((operation) => {
    const count = countOf(report, operation);
    return count === 0 ? [] : [`${count} ${done[operation]}`];
  });
  const broken = report.findings.length;
  const all = broken === 0 ? counts : [...counts, `policies broken ${broken === 1 ? "once" : `${broken} times`}`];
  return `${report.title}: ${all.join(", ") || "nothing changes"}`;
}

function section(style: Style, title: string, items: readonly string[]): string {
  return items.length === 0 ? "" : `${style.section(title)}${items.join("")}\n`;
}

function detailed(report: Report, operation: Operation, style: Style): string[] {
  return limited(ofOperation(report, operation), most.changes, style, (change) =>
    style.item(label(change, style), reasons(change.differences, style)),
  );
}

/** What forces a replacement says why, and comes first. What only follows from another difference is named and no more. */
function reasons(all: readonly Difference[], style: Style): string[] {
  const ordered = [...all.filter(({ replaces }) => replaces), ...all.filter(({ replaces }) => !replaces)];
  const own = ordered.filter((each, index) => !ordered.slice(0, index).some((earlier) => implies(earlier, each)));
  const lines = own.slice(0, most.differences).map((each) => {
    const also = ordered.filter((other) => other !== each && !own.includes(other) && implies(each, other));
    const rest = also.length === 0 ? "" : `, so too ${also.map(({ property }) => style.value(property)).join(", ")}`;
    return reason(each, style) + rest;
  });
  return own.length > lines.length ? [...lines, `and ${own.length - lines.length} more`] : lines;
}

function reason({ property, from, to }: Difference, style: Style): string {
  const name = style.value(property);
  if (from === undefined) return `${name}: ${to === undefined ? "differs" : style.value(to)}`;
  return `${name}: ${style.value(from)} → ${to === undefined ? "not there" : style.value(to)}`;
}

/** An executable's hash is in the command, in a label and in a path: the same change, three times. */
function implies({ from, to }: Difference, other: Difference): boolean {
  if (from === undefined || to === undefined || from.length < 8) return false;
  return other.from?.includes(from) === true && other.from.replaceAll(from, to) === other.to;
}

/** By kind: what is created or deleted needs no reasons. */
function listed(report: Report, operation: Operation, style: Style): string[] {
  const all = ofOperation(report, operation);
  const kinds = [...new Set(all.map(({ type }) => kind(type)))];
  return limited(kinds, most.changes, style, (each) => {
    const names = all.filter(({ type }) => kind(type) === each).map(({ name }) => style.value(name));
    const more = names.length > most.names ? ` and ${names.length - most.names} more` : "";
    const what = names.length === 1 ? each : `${names.length} ${each.replace(/y$/, "ie")}s`;
    return style.item(`${what}: ${names.slice(0, most.names).join(", ")}${more}`, []);
  });
}

function findings(all: readonly Finding[], style: Style): string[] {
  return limited(all, most.findings, style, ({ policy, type, resource, message }) =>
    style.item(`${kind(type)} ${style.value(resource)}: ${style.value(message)} (policy ${policy})`, []),
  );
}

/** In an order that does not depend on which resource was faster. */
function ofOperation(report: Report, operation: Operation): ResourceChange[] {
  const key = ({ type, name }: ResourceChange) => `${type} ${name}`;
  return report.changes.filter((change) => change.operation === operation).sort((a, b) => (key(a) < key(b) ? -1 : 1));
}

function limited<T>(all: readonly T[], count: number, style: Style, item: (each: T) => string): string[] {
  const lines = all.slice(0, count).map(item);
  return all.length > count ? [...lines, style.item(`and ${all.length - count} more`, [])] : lines;
}

function label({ type, name }: ResourceChange, style: Style): string {
  return `${kind(type)} ${style.value(name)}`;
}

/** A type comes from a program too: one that looks like no type is not repeated. */
function kind(type: string): string {
  const word = kindOf(type);
  return /^[a-z][a-z ]{0,30}$/.test(word) ? word : "resource";
}

/** At the end of a line, so that nothing is left open. */
function cut(text: string): string {
  if (text.length <= longest) return text;
  return `${text.slice(0, text.lastIndexOf("\n", longest))}\n\nThe rest is left out: nitro preview shows all of it.\n`;
}
