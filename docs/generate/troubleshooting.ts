import { adviceByFile, adviceByKind, adviceByMessage } from "./advice.ts";
import { areas } from "./areas.ts";
import type { SourceMessage } from "./messages.ts";

/** What a message is told to do about it. */
export interface Advised extends SourceMessage {
  /** Markdown. */
  readonly advice: string;
}

/** A message that says itself what is needed. */
const saysItself =
  /\b(allowed (is|are)|needed is|supported are)\b|[;:,] (run|wait|give|name|log|check|build|set|remove|use|if that is meant|put|write|say)\b/;

/**
 * What to do about a message: what is written for it by hand, else its own hint, else what holds for all of its class or its file.
 * @throws Error where nothing is known
 */
export function advised(message: SourceMessage): Advised {
  const { text, hints, kind, file } = message;
  const own = hints.length === 0 ? undefined : hints.map(code).join(" or ");
  const general = adviceByKind[kind] ?? adviceByFile[file];
  const advice = adviceByMessage[text] ?? own ?? general ?? (saysItself.test(text) ? "as it says" : undefined);
  if (advice === undefined)
    throw new Error(`nothing says what to do about "${text}" (${file}): give the error a hint, or write it into docs/generate/advice.ts`);
  return { ...message, advice };
}

/**
 * The tables of docs/troubleshooting.md, a heading for each area.
 * @throws Error for a message of which nothing is known, for advice that is for no message, and for a folder without an area
 */
export function troubleshootingTables(messages: readonly SourceMessage[]): string {
  const unused = [
    ...Object.keys(adviceByMessage).filter((text) => !messages.some((each) => each.text === text)),
    ...Object.keys(adviceByFile).filter((file) => !messages.some((each) => each.file === file)),
    ...Object.keys(adviceByKind).filter((kind) => !messages.some((each) => each.kind === kind)),
  ];
  if (unused.length > 0) throw new Error(`docs/generate/advice.ts has what no source says any more: ${unused.join("; ")}`);
  const all = messages.map(advised);
  const homeless = all.find(({ file }) => areaOf(file) === undefined);
  if (homeless !== undefined) throw new Error(`${homeless.file} belongs to no area: add its folder to docs/generate/areas.ts`);
  const sections = Object.keys(areas).map((title) =>
    section(
      title,
      all.filter(({ file }) => areaOf(file) === title),
    ),
  );
  return sections.filter((text) => text !== "").join("\n\n");
}

function areaOf(file: string): string | undefined {
  const fits = Object.entries(areas).flatMap(([title, folders]) =>
    folders.filter((folder) => file.startsWith(folder)).map((folder) => ({ title, length: folder.length })),
  );
  return fits.sort((a, b) => b.length - a.length)[0]?.title;
}

function section(title: string, messages: readonly Advised[]): string {
  if (messages.length === 0) return "";
  const files = new Map<string, string[]>();
  for (const { text, advice, file } of messages) {
    const row = `| ${code(text)} | ${advice} |`;
    files.set(row, [...(files.get(row) ?? []), `\`${file}\``]);
  }
  const rows = [...files].map(([row, by]) => `${row} ${by.join(", ")} |`);
  return [`## ${title}`, "", "| message | what to do | said by |", "| --- | --- | --- |", ...rows].join("\n");
}

/** Text as code in a cell of a table, whatever is in it. */
export function code(text: string): string {
  const bars = text.replaceAll("|", "\\|");
  return text.includes("`") ? `\`\` ${bars} \`\`` : `\`${bars}\``;
}
