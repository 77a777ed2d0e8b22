import { readFileSync } from "node:fs";
import type { ClientRequest, IncomingMessage, RequestOptions } from "node:http";
import { join } from "node:path";
import { addAbortSignal, type Duplex, type Readable } from "node:stream";
import { errorCode } from "../common/errors.ts";
import { broken, EngineError, refused, unreachable } from "./error.ts";
import { type EngineHost, resolveHost } from "./host.ts";
import type { SshAgent } from "./ssh.ts";

export interface Call {
  readonly method: "GET" | "POST" | "PUT" | "DELETE" | "HEAD";
  readonly path: string;
  readonly query?: Record<string, string | number | boolean | undefined>;
  /** Sent as JSON. */
  readonly json?: unknown;
  /** Sent as a tar archive. */
  readonly tar?: Buffer | Readable;
  readonly headers?: Record<string, string>;
  readonly signal?: AbortSignal | undefined;
  /** Longest wait for the whole answer in `text` and `json`, in ms: two minutes by default. */
  readonly limitMs?: number;
  /** What is asked for, for the error: "start nitro-alice-redis". */
  readonly doing: string;
}

/** The engine answers nearly at once, seconds later where the machine is busy; one that hangs is told about. */
const defaultLimitMs = 120_000;

/**
 * An archive is sent once the engine asks for it (RFC 9110, 100-continue): one that refuses a call closes the connection without reading what
 * belongs to it, and its answer is lost to whoever is still writing. After this time it is sent all the same, as by curl, since something between
 * here and the engine may not pass the question on.
 */
const continueMs = 1000;

/** Plain HTTP to the engine over a unix socket, TCP, TLS or ssh. Connects for each call; by ssh alone a connection serves the next call too. */
export class Transport {
  readonly host: string;
  private readonly env: NodeJS.ProcessEnv;
  private readonly resolved: EngineHost | EngineError;
  private ssh: SshAgent | undefined;

  /** Never throws: where no host can be made out of the environment, calls do. */
  constructor(env: NodeJS.ProcessEnv) {
    this.env = env;
    this.resolved = tryResolve(env);
    this.host = this.resolved instanceof EngineError ? (env.DOCKER_HOST ?? "") : this.resolved.host;
  }

  /** What other programs need in their environment to reach the same engine. */
  environment(): Record<string, string> {
    if (this.resolved instanceof EngineError) return {};
    const { host, tls } = this.resolved;
    if (tls === undefined) return { DOCKER_HOST: host };
    return { DOCKER_HOST: host, DOCKER_CERT_PATH: tls.folder, ...(tls.verify ? { DOCKER_TLS_VERIFY: "1" } : {}) };
  }

  /** @returns the answer, its body unread. Throws EngineError for statuses from 400 and where no engine answers. */
  async request(call: Call): Promise<IncomingMessage> {
    const answer = await this.send(call, {});
    if (!("head" in answer)) return answer;
    answer.socket.destroy();
    throw new EngineError(`cannot ${call.doing}: the engine switched protocols unasked`);
  }

  /** @throws EngineError also where there is no answer within the call's limit */
  async text(call: Call): Promise<string> {
    const { limitMs = defaultLimitMs, doing } = call;
    if (limitMs === Infinity) return await this.read(call);
    const limit = new AbortController();
    // A timer that goes on after the answer would keep what its caller holds, an executable too.
    const timer = setTimeout(() => limit.abort(), limitMs).unref();
    const signal = call.signal === undefined ? limit.signal : AbortSignal.any([call.signal, limit.signal]);
    try {
      return await this.read({ ...call, signal });
    } catch (error) {
      if (!limit.signal.aborted || signal.reason !== limit.signal.reason) throw error;
      throw new EngineError(`cannot ${doing}: the container engine at ${this.host} gave no answer within ${limitMs / 1000} s`);
    } finally {
      clearTimeout(timer);
    }
  }

  async json<T>(call: Call): Promise<T> {
    const text = await this.text(call);
    try {
      return JSON.parse(text) as T;
    } catch (cause) {
      throw new EngineError(`cannot ${call.doing}: the answer is not JSON: ${text.slice(0, 100)}`, undefined, undefined, { cause });
    }
  }

  /** The pieces of an answer; a connection that breaks is an EngineError. */
  async *body(answer: AsyncIterable<unknown>, call: Call): AsyncGenerator<Buffer> {
    try {
      for await (const chunk of answer) yield chunk as Buffer;
    } catch (cause) {
      call.signal?.throwIfAborted();
      throw broken(call.doing, this.host, cause);
    }
  }

  /** Turns the connection into a plain two-way stream, as attaching and exec need. */
  async hijack(call: Call): Promise<Duplex> {
    const answer = await this.send(call, { Connection: "Upgrade", Upgrade: "tcp" });
    if (!("head" in answer)) throw new EngineError(`cannot ${call.doing}: the engine answered ${answer.statusCode} and no stream`);
    if (answer.head.length > 0) answer.socket.unshift(answer.head);
    // Whoever reads it sees its errors; one that comes later, when all is read, has no one to tell.
    answer.socket.on("error", () => undefined);
    if (call.signal !== undefined) addAbortSignal(call.signal, answer.socket);
    return answer.socket;
  }

  private async read(call: Call): Promise<string> {
    const chunks: Buffer[] = [];
    for await (const chunk of this.body(await this.request(call), call)) chunks.push(chunk);
    return Buffer.concat(chunks).toString("utf8");
  }

  private async send(call: Call, extraHeaders: Record<string, string>): Promise<IncomingMessage | Upgraded> {
    if (this.resolved instanceof EngineError) throw this.resolved;
    call.signal?.throwIfAborted();
    const request = await this.open(this.resolved, call, extraHeaders);
    const answer = await this.answer(request, call);
    if ("head" in answer || (answer.statusCode ?? 0) < 400) return answer;
    const chunks: Buffer[] = [];
    for await (const chunk of this.body(answer, call)) chunks.push(chunk);
    throw refused(call.doing, answer.statusCode ?? 0, Buffer.concat(chunks).toString("utf8"));
  }

  /** node:http is loaded at the first call: it costs half of what a command may take to start. */
  private async open(engine: EngineHost, call: Call, extraHeaders: Record<string, string>): Promise<ClientRequest> {
    const { address, tls } = engine;
    // Not for TCP: node checks a certificate against this name.
    const headers: Record<string, string> = { ...("hostname" in address ? {} : { Host: "docker" }), ...extraHeaders };
    Object.assign(headers, call.headers);
    if (call.json !== undefined) headers["Content-Type"] = "application/json";
    if (call.tar !== undefined) Object.assign(headers, { "Content-Type": "application/x-tar", Expect: "100-continue" });
    const options: RequestOptions = { method: call.method, path: call.path + queryString(call.query), headers, agent: false };
    if (call.signal !== undefined) options.signal = call.signal;
    const http = await import("node:http");
    if ("socketPath" in address) return http.request({ ...options, socketPath: address.socketPath });
    if ("ssh" in address) {
      const { SshAgent } = await import("./ssh.ts");
      this.ssh ??= new SshAgent(address.ssh, this.env);
      return http.request({ ...options, agent: this.ssh });
    }
    const tcp = { ...options, host: address.hostname, port: address.port };
    if (tls === undefined) return http.request(tcp);
    const https = await import("node:https");
    return https.request({ ...tcp, ...tlsMaterial(tls.folder), rejectUnauthorized: tls.verify });
  }

  private answer(request: ClientRequest, call: Call): Promise<IncomingMessage | Upgraded> {
    return new Promise((resolve, reject) => {
      request.once("response", resolve);
      request.once("upgrade", (_response, socket, head) => resolve({ socket, head }));
      // `on`: a request may fail again after its answer, when the engine refuses a body before it has read all of it.
      request.on("error", (error) => reject(call.signal?.aborted ? call.signal.reason : this.failed(call, error)));
      const { tar } = call;
      if (tar === undefined) {
        request.end(call.json === undefined ? undefined : JSON.stringify(call.json));
        return;
      }
      if (!Buffer.isBuffer(tar)) {
        tar.once("error", (error) => {
          reject(error);
          request.destroy();
        });
        request.once("close", () => tar.destroy());
      }
      onceAskedFor(request, () => void (Buffer.isBuffer(tar) ? request.end(tar) : tar.pipe(request)));
    });
  }

  /** An engine that took a part of a call is there, whatever happened then. */
  private failed(call: Call, error: Error): EngineError {
    return errorCode(error) === "EPIPE" ? broken(call.doing, this.host, error) : unreachable(this.host, error);
  }
}

/** @param send sends the body; not called where the engine refuses the call, or is gone */
function onceAskedFor(request: ClientRequest, send: () => void): void {
  const timer = setTimeout(begin, continueMs);
  function begin() {
    settle();
    send();
  }
  function answered({ statusCode = 0 }: IncomingMessage) {
    if (statusCode < 400) begin();
    else settle();
  }
  function settle() {
    clearTimeout(timer);
    request.off("continue", begin).off("response", answered).off("close", settle);
  }
  request.once("continue", begin).once("response", answered).once("close", settle);
  request.flushHeaders();
}

interface Upgraded {
  readonly socket: Duplex;
  readonly head: Buffer;
}

function tryResolve(env: NodeJS.ProcessEnv): EngineHost | EngineError {
  try {
    return resolveHost(env);
  } catch (error) {
    if (error instanceof EngineError) return error;
    throw error;
  }
}

function tlsMaterial(folder: string): Record<string, Buffer> {
  const files = { ca: "ca.pem", cert: "cert.pem", key: "key.pem" };
  return Object.fromEntries(
    Object.entries(files).flatMap(([option, file]) => {
      const content = readIfThere(join(folder, file));
      return content === undefined ? [] : [[option, content]];
    }),
  );
}

function readIfThere(path: string): Buffer | undefined {
  try {
    return readFileSync(path);
  } catch {
    return undefined;
  }
}

function queryString(query: Call["query"]): string {
  const pairs = Object.entries(query ?? {}).filter(([, value]) => value !== undefined);
  return pairs.length === 0 ? "" : `?${new URLSearchParams(pairs.map(([key, value]): [string, string] => [key, String(value)]))}`;
}
