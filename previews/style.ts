/** How a report's parts look in one medium. Texts that come from a program or a settings file are values: nothing in them may act. */
export interface Style {
  heading(text: string): string;
  section(text: string): string;
  /** One item of a list, with what belongs to it below. */
  item(text: string, below: readonly string[]): string;
  value(text: string): string;
}

/** A value is cut after so many characters. */
const longestValue = 100;

/** Characters that act on what is around them, or cannot be seen: control, format (zero width, direction of writing), line separators. */
const acting = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu;

function harmless(text: string): string {
  const visible = text.replace(acting, "·");
  const cut = [...visible].slice(0, longestValue).join("");
  return cut === "" ? "(empty)" : cut.length < visible.length ? `${cut}…` : cut;
}

/**
 * Markdown as GitHub renders it. A value becomes a code span: nothing in it is markup, HTML, a mention, a link or a reference, and it ends only
 * with a run of as many backticks as it begins with (CommonMark 0.31, section 6.1). No tables: in them a bar ends a code span.
 */
export const markdown: Style = {
  heading: (text) => `### ${text}\n\n`,
  section: (text) => `**${text}**\n`,
  item: (text, below) => [`- ${text}\n`, ...below.map((line) => `  - ${line}\n`)].join(""),
  value(text) {
    const content = harmless(text);
    const longest = Math.max(0, ...(content.match(/`+/g) ?? []).map((run) => run.length));
    const fence = "`".repeat(longest + 1);
    const pad = /^[` ]|[` ]$/.test(content) ? " " : "";
    return `${fence}${pad}${content}${pad}${fence}`;
  },
};

/** For a terminal. */
export const plainText: Style = {
  heading: (text) => `${text}\n\n`,
  section: (text) => `${text}\n`,
  item: (text, below) => [`  ${text}\n`, ...below.map((line) => `      ${line}\n`)].join(""),
  value: harmless,
};
