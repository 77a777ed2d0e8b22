import { once } from "node:events";
import { createServer, request as httpRequest, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { connect } from "node:net";
import type { Duplex } from "node:stream";
import { buffer, text } from "node:stream/consumers";
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
    const pass = (request: IncomingMessage, response: ServerResponse) => {
      this.answer(request, response).catch((error: Error) => {
        if (response.headersSent) response.destroy(error);
        else response.writeHead(502).end(problem(error));
      });
    };
    // How long a call may take is the engine's to say.
    this.server = createServer({ requestTimeout: 0, headersTimeout: 0 }, pass);
    this.server.on("checkContinue", pass);
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
    const answer = await this.ask(request, url.pathname + url.search, response, exec ? withEmulation : (body) => body);
    const instead = said[call];
    const status = answer.statusCode ?? 502;
    if (instead === undefined) {
      response.writeHead(status, answer.headers).flushHeaders();
      answer.pipe(response);
      return;
    }
    const changed = JSON.stringify({ ...JSON.parse(await text(answer)), ...instead });
    const { "transfer-encoding": _, ...headers } = answer.headers;
    response.writeHead(status, { ...headers, "content-length": Buffer.byteLength(changed) }).end(changed);
  }

  /**
   * The engine may answer and close the connection at any time, and whoever writes after that fails before it has read the answer. The end of a
   * piped body is such a write: a short body therefore goes out in one piece with its head, a long one once the engine asks for it.
   */
  private async ask(
    asked: IncomingMessage,
    path: string,
    response: ServerResponse,
    change: (body: Buffer) => Buffer,
  ): Promise<IncomingMessage> {
    const { method, headers } = asked;
    const waits = headers.expect !== undefined;
    const short = waits || headers["content-length"] === undefined ? undefined : change(await buffer(asked));
    const sent = short === undefined ? headers : { ...headers, "content-length": short.length };
    return await new Promise((resolve, reject) => {
      const onward = httpRequest({ socketPath: this.engine, method, path, headers: sent, agent: false }, resolve).on("error", reject);
      // Whoever asked and is gone needs no answer any more.
      response.once("close", () => onward.destroy());
      if (short !== undefined) return void onward.end(short);
      if (!waits) return void asked.pipe(onward);
      onward.once("continue", () => {
        response.writeContinue();
        asked.pipe(onward);
      });
      onward.flushHeaders();
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
function withEmulation(body: Buffer): Buffer {
  const asked = JSON.parse(body.toString()) as { Cmd?: string[] };
  const command = asked.Cmd?.map((word) => word.replaceAll("/proc/$pid/exe", () => emulatedExecutable));
  return Buffer.from(JSON.stringify({ ...asked, Cmd: command }));
}
