import { once } from "node:events";
import type { ServerResponse } from "node:http";

/** So often something is sent, in ms: whoever has gone is noticed. */
const heartbeatMs = 15_000;

/** Writes server-sent events: https://html.spec.whatwg.org/multipage/server-sent-events.html */
export class EventWriter {
  private readonly response: ServerResponse;
  private readonly beat: NodeJS.Timeout;

  constructor(response: ServerResponse) {
    this.response = response;
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.flushHeaders();
    this.beat = setInterval(() => response.write(":\n\n"), heartbeatMs);
  }

  /** @param data JSON is made of it. Resolves once there is room for more: a page that does not read holds up nobody but itself */
  async emit(name: string, data: unknown): Promise<void> {
    const { response } = this;
    if (response.destroyed || response.write(`event: ${name}\ndata: ${JSON.stringify(data)}\n\n`)) return;
    const over = new AbortController();
    const heard = (event: string) => once(response, event, { signal: over.signal }).catch(() => undefined);
    await Promise.race([heard("drain"), heard("close")]);
    // Else what was waited for in vain stays listened for.
    over.abort();
  }

  end(): void {
    clearInterval(this.beat);
    this.response.end();
  }
}
