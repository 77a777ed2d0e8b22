/** One element of a JSON list, as text. */
export interface ListElement {
  readonly text: string;
  /** The line in which it begins, from 1. */
  readonly line: number;
}

/** The text is no JSON list. */
export class ListError extends Error {
  override readonly name = "ListError";
  readonly line: number;

  constructor(line: number, message: string) {
    super(message);
    this.line = line;
  }
}

/** A longer element is none that we know; it is not to fill the memory. */
const longest = 1 << 20;

/** Where in the list the reader is: before it, before its first element, in one, after one, before a further one, behind the list. */
type Place = "outside" | "first" | "element" | "after" | "next" | "done";

/**
 * Takes a JSON list apart while it is read: no more than one element is held at a time. Whether an element itself is JSON is for the
 * caller to say (RFC 8259 is the grammar).
 * @throws ListError with the line
 */
export async function* listElements(chunks: AsyncIterable<string>): AsyncGenerator<ListElement> {
  let place = "outside" as Place;
  let line = 1;
  let begun = 1;
  let depth = 0;
  let inText = false;
  let escaped = false;
  let first = true;
  let pieces = "";
  for await (const chunk of chunks) {
    let from = 0;
    for (let at = first && chunk.startsWith("\uFEFF") ? 1 : 0; at < chunk.length; at++) {
      const character = chunk[at] ?? "";
      if (place === "element") {
        const ends = depth === 0 && !inText && (character === "," || character === "]");
        if (ends) {
          yield { text: (pieces + chunk.slice(from, at)).trimEnd(), line: begun };
          pieces = "";
          place = character === "," ? "next" : "done";
        } else if (inText) {
          if (escaped) escaped = false;
          else if (character === "\\") escaped = true;
          else if (character === '"') inText = false;
        } else if (character === '"') inText = true;
        else if (character === "{" || character === "[") depth++;
        else if (character === "}" || character === "]") depth--;
        if (depth < 0) throw new ListError(line, `"${character}" closes nothing`);
      } else if (!/\s/.test(character)) {
        if (place === "outside") {
          if (character !== "[") throw new ListError(line, `it begins with ${JSON.stringify(character)}: needed is a JSON list, [ … ]`);
          place = "first";
        } else if (place === "done") throw new ListError(line, `after the list comes ${JSON.stringify(character)}`);
        else if (character === "]" && place === "first") place = "done";
        else if (character === "," || character === "]")
          throw new ListError(line, `before ${JSON.stringify(character)} a payment is missing`);
        else {
          [place, begun, from] = ["element", line, at];
          inText = character === '"';
          depth = character === "{" || character === "[" ? 1 : 0;
        }
      }
      if (character === "\n") line++;
    }
    if (place === "element") pieces += chunk.slice(from);
    if (pieces.length > longest) throw new ListError(begun, `an element of more than ${longest} characters is no payment`);
    first = false;
  }
  if (place === "done") return;
  if (place === "element" && depth === 0 && !inText) yield { text: pieces.trimEnd(), line: begun };
  throw new ListError(line, place === "outside" ? "it is empty: needed is a JSON list, [ … ]" : "it ends before its list does");
}
