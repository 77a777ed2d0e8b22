/** An event as the server sent it. */
export interface PageEvent {
  readonly name: string;
  /** What its JSON says. */
  readonly data: unknown;
}

/** Takes server-sent events out of text that comes in pieces: https://html.spec.whatwg.org/multipage/server-sent-events.html */
export class EventReader {
  private rest = "";

  /** @returns the events that are whole by now; comments are none */
  push(text: string): PageEvent[] {
    const blocks = (this.rest + text).split("\n\n");
    this.rest = blocks.pop() ?? "";
    return blocks.flatMap((block) => eventOf(block) ?? []);
  }
}

function eventOf(block: string): PageEvent | undefined {
  const fields = new Map<string, string>();
  for (const line of block.split("\n")) {
    const colon = line.indexOf(": ");
    if (colon > 0) fields.set(line.slice(0, colon), line.slice(colon + 2));
  }
  const data = fields.get("data");
  return data === undefined ? undefined : { name: fields.get("event") ?? "message", data: JSON.parse(data) as unknown };
}
