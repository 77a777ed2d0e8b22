/** A field of a JSON object, as it is written. */
export interface WrittenField {
  readonly name: string;
  /** What it holds, as JSON text: a number keeps all its digits. */
  readonly json: string;
  readonly line: number;
}

/** Strings, numbers and words, and the signs between them (RFC 8259). */
const token = /"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s{}[\],:"]+/g;

/**
 * The fields of a JSON object in the order in which they are written, also those that are written twice.
 * @param text a valid JSON object
 * @param line the line in which it begins
 */
export function writtenFields(text: string, line: number): WrittenField[] {
  const fields: WrittenField[] = [];
  let depth = 0;
  let name: string | undefined;
  let begun = 0;
  let nameAt = 0;
  let counted = 0;
  let last = "";
  const lineAt = (index: number) => {
    for (; counted < index; counted++) if (text[counted] === "\n") line++;
    return line;
  };
  const finish = (end: number) => {
    if (name !== undefined) fields.push({ name, json: text.slice(begun, end).trim(), line: lineAt(nameAt) });
    name = undefined;
  };
  for (const { 0: sign, index } of text.matchAll(token)) {
    if (depth === 1 && (sign === "," || sign === "}")) finish(index);
    if (depth === 1 && sign === ":" && name === undefined) [name, begun] = [JSON.parse(last) as string, index + 1];
    else if (sign === "{" || sign === "[") depth++;
    else if (sign === "}" || sign === "]") depth--;
    else if (depth === 1 && name === undefined) [last, nameAt] = [sign, index];
  }
  return fields;
}
