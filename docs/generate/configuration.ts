import type { DeclaredSetting } from "./settings.ts";

/** The tables of docs/configuration.md: a heading for each group, and one for the settings that stand alone. */
export function configurationTables(settings: readonly DeclaredSetting[]): string {
  const alone = settings.filter(({ inner }) => inner === undefined);
  const groups = settings.filter(({ inner }) => inner !== undefined);
  return [section("Settings without a group", "", alone), ...groups.map(group)].join("\n\n");
}

function group({ path, description, details, inner = [] }: DeclaredSetting): string {
  return section(`\`${path.join(".")}\``, [description, details].filter((text) => text !== "").join(" "), inner.flatMap(leaves));
}

function section(title: string, text: string, settings: readonly DeclaredSetting[]): string {
  const rows = settings.map((setting) => `| ${cells(setting).map(escaped).join(" | ")} |`);
  return [`## ${title}`, ...(text === "" ? [] : ["", text]), "", ...head, ...rows].join("\n");
}

const head = ["| setting | what | takes | default |", "| --- | --- | --- | --- |"];

function leaves(setting: DeclaredSetting): readonly DeclaredSetting[] {
  return setting.inner?.flatMap(leaves) ?? [setting];
}

function cells({ path, description, details, takes, byDefault, example }: DeclaredSetting): string[] {
  const what = details === "" ? description : `${description}. ${details}`;
  const shown = byDefault === undefined ? `none; such as \`${example}\`` : shownDefault(byDefault);
  return [`\`${path.join(".")}\``, what, takes, shown];
}

function shownDefault(value: unknown): string {
  if (typeof value === "object" && value !== null && Object.keys(value).length === 0) return "none";
  return `\`${typeof value === "string" ? value : JSON.stringify(value)}\``;
}

/** A bar would end the cell, and a star begin emphasis. */
function escaped(cell: string): string {
  return cell
    .split(/(`[^`]*`)/)
    .map((part) => (part.startsWith("`") ? part.replaceAll("|", "\\|") : part.replaceAll(/[|*<]/g, "\\$&")))
    .join("");
}
