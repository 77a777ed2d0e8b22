/** A link, or a word in backticks or in a block of code, and where it stands. */
export interface Mention {
  /** From 1. */
  readonly line: number;
  readonly text: string;
}

/** What a page points at. */
export interface Page {
  /** Targets of links, as written; addresses on the web are not among them. */
  readonly links: readonly Mention[];
  /** Words of code, in the text and in blocks. */
  readonly words: readonly Mention[];
  /** The #anchors of its headings, without the #. */
  readonly anchors: ReadonlySet<string>;
}

const fence = /^\s*(?:```|~~~)/;
const span = /(`+)(.+?)\1(?!`)/g;
const inlineLink = /\]\(\s*<?([^)\s>]+)>?(?:\s+"[^"]*")?\s*\)/g;
const linkDefinition = /^\s{0,3}\[[^\]]+\]:\s+(\S+)/;
const heading = /^#{1,6}\s+(.+?)\s*#*$/;

/** Reads a page the way GitHub does, as far as links, code and headings go. */
export function readPage(markdown: string): Page {
  const links: Mention[] = [];
  const words: Mention[] = [];
  const anchors = new Set<string>();
  let inBlock = false;
  for (const [index, text] of markdown.split("\n").entries()) {
    const line = index + 1;
    const mention = (found: string): Mention => ({ line, text: found });
    if (fence.test(text)) inBlock = !inBlock;
    else if (inBlock || /^ {4}\S/.test(text)) words.push(...text.trim().split(/\s+/).map(mention));
    else {
      const [, title] = heading.exec(text) ?? [];
      if (title !== undefined) anchors.add(freeAnchor(anchorOf(title), anchors));
      words.push(...[...text.matchAll(span)].flatMap(([, , code = ""]) => code.split(/\s+/)).map(mention));
      const prose = text.replaceAll(span, "");
      const targets = [...prose.matchAll(inlineLink), ...[linkDefinition.exec(prose)].filter((match) => match !== null)];
      links.push(...targets.map(([, target = ""]) => mention(target)).filter((each) => !/^[a-z]+:/i.test(each.text)));
    }
  }
  return { links, words, anchors };
}

/** GitHub's rule: small letters, hyphens for spaces, and of everything else letters, digits, hyphens and underscores. */
export function anchorOf(title: string): string {
  const shown = title.replaceAll(/\[([^\]]*)\]\([^)]*\)/g, "$1");
  return shown
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\p{M} _-]/gu, "")
    .replaceAll(" ", "-");
}

/** A second heading of the same words gets -1, a third -2. */
function freeAnchor(anchor: string, taken: ReadonlySet<string>): string {
  if (!taken.has(anchor)) return anchor;
  for (let count = 1; ; count++) if (!taken.has(`${anchor}-${count}`)) return `${anchor}-${count}`;
}
