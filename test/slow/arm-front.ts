import { once } from "node:events";
import { createServer, request as httpRequest, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { connect } from "node:net";
import type { Duplex } from "node:stream";
import { text } from "node:stream/consumers";
import { binPath } from "../../executable/staging.ts";
import { join } from "../../tunnel/relay.ts";

/** What an engine says of itself, and what it would say on arm64. */
const said: Readonly<Record<string, object>> = {
  "GET /version": { Arch: "arm64" },
  "GET /info": { Architecture: "aarch64" },
};

/**
 * Under emulation /proc/<pid>/exe is the emulator, and its command line names the program: the staged executable in there stands in for the
 * link. A shell's `read` passes over the zero bytes between the words.
 */
const emulatedExecutable = `$(
  words=
  read -r words 2>/dev/null < "/proc/$pid/cmdline"
  staged=\${words#*${binPath}/}
  if [ "$staged" = "$words" ]; then echo "/proc/$pid/exe"; else echo "${binPath}/\${staged%%/*}/payments"; fi
)`;

/**
 * Stands before the socket of an engine that runs arm64 programs by emulation, and makes an arm64 engine of it: that is what it answers, it
 * imports images as arm64, and commands in containers find the emulated program where they ask for a process's file.
 */
export class ArmFront {
  private readonly server: Server;
  private readonly engine: string;

  private constructor(engine: string) {
    this.engine = engine;
    this.server = createServer((request, response) => {
      this.answer(request, response).catch((error: Error) => {
        if (response.headersSent) response.destroy(error);
        else response.writeHead(502).end(problem(error));
      });
    });
    this.server.on("upgrade", (request, client, head) => {
      // Whoever aborts a call is gone; node listens no more.
      client.on("error", () => undefined);
      this.handOver(request, client, head).catch((error: Error) => client.end(`HTTP/1.1 502 Bad Gateway\r\n\r\n${problem(error)}`));
    });
  }

  /**
   * @param socket where it listens
   * @param engine the engine's own socket
   */
  static async start(socket: string, engine: string): Promise<ArmFront> {
    const front = new ArmFront(engine);
    await new Promise<void>((listening) => front.server.listen(socket, listening));
    return front;
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((closed) => this.server.close(closed));
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? "/", "http://engine");
    const call = `${request.method} ${url.pathname.replace(/^\/v[\d.]+/, "")}`;
    if (call === "POST /images/create") url.searchParams.set("platform", "linux/arm64");
    const exec = /^POST \/containers\/[^/]+\/exec$/.test(call);
    const body = exec ? withEmulation(await text(request)) : request;
    const answer = await this.ask(request, url.pathname + url.search, body, response);
    const instead = said[call];
    const status = answer.statusCode ?? 502;
    if (instead === undefined) {
      response.writeHead(status, answer.headers).flushHeaders();
      answer.pipe(response);
      return;
    }
    const changed = JSON.stringify({ ...JSON.parse(await text(answer)), ...instead });
    response.writeHead(status, { ...answer.headers, "content-length": Buffer.byteLength(changed) }).end(changed);
  }

  /** Whoever asked and is gone needs no answer any more. */
  private ask(asked: IncomingMessage, path: string, body: string | IncomingMessage, response: ServerResponse): Promise<IncomingMessage> {
    const headers = typeof body === "string" ? { ...asked.headers, "content-length": Buffer.byteLength(body) } : asked.headers;
    return new Promise((resolve, reject) => {
      const options = { socketPath: this.engine, method: asked.method, path, headers, agent: false as const };
      const onward = httpRequest(options, resolve).on("error", reject);
      response.once("close", () => onward.destroy());
      if (typeof body === "string") onward.end(body);
      else body.pipe(onward);
    });
  }

  /** After the call the connection belongs to the client and the engine alone: exec and attach. */
  private async handOver(request: IncomingMessage, client: Duplex, head: Buffer): Promise<void> {
    const { method, url, rawHeaders } = request;
    const lines = rawHeaders.flatMap((name, at) => (at % 2 === 0 ? [`${name}: ${rawHeaders[at + 1]}`] : []));
    const call = [`${method} ${url} HTTP/1.1`, ...lines, "", await text(request)].join("\r\n");
    const upstream = connect({ path: this.engine, allowHalfOpen: true });
    await once(upstream, "connect");
    upstream.write(call);
    upstream.write(head);
    join(client, upstream);
  }
}

/** What the front answers where the engine does not: as the engine tells of problems. */
function problem({ message }: Error): string {
  return JSON.stringify({ message: `no answer from the engine behind the front: ${message}` });
}

/** @param body of a call that creates a command in a container */
function withEmulation(body: string): string {
  const asked = JSON.parse(body) as { Cmd?: string[] };
  return JSON.stringify({ ...asked, Cmd: asked.Cmd?.map((word) => word.replaceAll("/proc/$pid/exe", () => emulatedExecutable)) });
}
