import type { Policy } from "./policy.ts";
import { isRecord, secret } from "./values.ts";

/** Documents: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_action.html */
export const namedActions: Policy = {
  name: "named-actions",
  description: "Statements of IAM name each action that they allow, without *.",
  check({ type, props }) {
    if (!/^aws(-native)?:iam[/:]/.test(type)) return [];
    return statements(props).flatMap(({ path, statement }) => {
      if (statement.Effect !== "Allow") return [];
      const label = typeof statement.Sid === "string" ? `statement ${statement.Sid}` : "a statement";
      const wild = asList(statement.Action)
        .filter((action) => action.includes("*"))
        .map((action) => `${path}: ${label} allows ${action}: name the actions that are needed`);
      const inverted = "NotAction" in statement ? [`${path}: ${label} allows everything but NotAction: name the actions in Action`] : [];
      return [...wild, ...inverted];
    });
  },
};

interface Found {
  readonly path: string;
  readonly statement: Readonly<Record<string, unknown>>;
}

/** Documents come as JSON text or as objects, and at any depth (Role.inlinePolicies[].policy). */
function statements(value: unknown, path = ""): Found[] {
  if (typeof value === "string") {
    const document = value === secret ? undefined : parsed(value);
    return document === undefined ? [] : statements(document, path);
  }
  if (Array.isArray(value)) return value.flatMap((item, index) => statements(item, `${path}[${index}]`));
  if (!isRecord(value)) return [];
  const own = "Statement" in value ? [value.Statement].flat().filter(isRecord) : [];
  const below = Object.entries(value).filter(([name]) => name !== "Statement");
  return [
    ...own.map((statement) => ({ path: path === "" ? "it" : path, statement })),
    ...below.flatMap(([name, inner]) => statements(inner, path === "" ? name : `${path}.${name}`)),
  ];
}

function parsed(text: string): unknown {
  if (!text.trimStart().startsWith("{")) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function asList(value: unknown): string[] {
  return [value].flat().filter((item) => typeof item === "string");
}
