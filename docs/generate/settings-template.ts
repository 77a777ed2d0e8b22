import type { DeclaredSetting } from "./settings.ts";

const head = `# Every setting of a stack with its default, generated from model/settings-schema.ts by node docs/generate/main.ts. This file is the
# template: your own stack keeps what it changes in Pulumi.<stack>.yaml, which git ignores. What each is for: docs/configuration.md.
# Change a setting with
#   pulumi config set --stack alice --path nitro:authorization.mode manual
config:`;

/** Where comments begin. */
const column = 32;

/** The text of Pulumi.dev.yaml: settings with their defaults, and as comments those that have none. */
export function settingsTemplate(settings: readonly DeclaredSetting[]): string {
  return `${[head, ...settings.flatMap((setting) => lines(setting, "  ", "nitro:"))].join("\n")}\n`;
}

function lines({ path, description, byDefault, example, inner }: DeclaredSetting, indent: string, before: string): string[] {
  const name = `${before}${path.at(-1)}`;
  if (inner === undefined)
    return byDefault === undefined
      ? [told(`${indent}# ${name}: ${example}`, description)]
      : [told(`${indent}${name}: ${yaml(byDefault)}`, description)];
  if (inner.some(isSet)) return [told(`${indent}${name}:`, description), ...inner.flatMap((each) => lines(each, `${indent}  `, ""))];
  const below = inner.map((each) => told(`${indent}#   ${each.path.at(-1)}: ${each.example}`, each.description));
  return [told(`${indent}# ${name}:`, description), ...below];
}

/** True where a setting, or one below it, has a default. */
function isSet({ byDefault, inner }: DeclaredSetting): boolean {
  return inner === undefined ? byDefault !== undefined : inner.some(isSet);
}

function told(entry: string, description: string): string {
  return `${entry.padEnd(column)} # ${description.replace(/\.$/, "")}`;
}

/** What the defaults are made of is the same in YAML's flow style, but that it needs no quotes around words. */
function yaml(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}
