/** Fields of a program's JSON log that say why, in the order in which they are told. */
const fields = ["error", "body", "message"] as const;

/**
 * The reason that a line of a program's log gives: what its fields error, body and message say, whole. Where a line repeats a field, as
 * loggers do that add to it at each step, the last one counts; a line that is no JSON, or was cut, gives the fields that are whole, else itself.
 */
export function reasonOf(line: string): string {
  const said = fields.flatMap((field) => saidIn(line, field) ?? []);
  const distinct = said.filter((text, index) => text !== "" && !said.slice(0, index).some((before) => before.includes(text)));
  return distinct.length === 0 ? line.trim() : distinct.join(": ");
}

function saidIn(line: string, field: string): string | undefined {
  const whole = parsed(line);
  if (whole !== undefined) return textOf(whole[field]);
  // A quote inside of a value is escaped: these are the line's own fields.
  const found = [...line.matchAll(new RegExp(`"${field}":("(?:[^"\\\\]|\\\\.)*")`, "g"))].at(-1)?.[1];
  return found === undefined ? undefined : textOf(JSON.parse(found));
}

function textOf(value: unknown): string | undefined {
  if (value === undefined || value === null) return undefined;
  return (typeof value === "string" ? value : JSON.stringify(value)).trim();
}

function parsed(line: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}
