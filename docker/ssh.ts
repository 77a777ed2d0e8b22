import { Agent } from "node:http";
import type { Duplex } from "node:stream";
import { ProgramStream } from "../common/program-stream.ts";
import { EngineError } from "./error.ts";

/**
 * So many connections are made at a time: sshd refuses some of more than ten that have not shown their key yet (MaxStartups, 10:30:100), and
 * Pulumi's plugin makes its own.
 */
const mostOpening = 4;

/** One that has not said anything by then waits for the engine and no more for sshd, in ms. */
const openingMs = 3_000;

/** Kept for the next call, in ms: what lies between may forget a connection that says nothing. */
const idleMs = 5_000;

/**
 * Connections to the engine of another machine, through the user's own ssh with their keys, agent, known hosts and configuration, the way the
 * docker command does it. One whose call is done serves the next, for a moment: to make one takes longer than most calls.
 */
export class SshAgent extends Agent {
  private readonly url: URL;
  private readonly env: NodeJS.ProcessEnv;
  private readonly waiting: (() => void)[] = [];
  private opening = 0;

  /** @param url ssh://[user@]host[:port] */
  constructor(url: URL, env: NodeJS.ProcessEnv) {
    super({ keepAlive: true });
    this.url = url;
    this.env = env;
  }

  override createConnection(_options: unknown, made?: (error: Error | null, stream: Duplex) => void): undefined {
    const open = () => made?.(null, this.open());
    if (this.opening < mostOpening) open();
    else this.waiting.push(open);
  }

  private open(): Duplex {
    const socket = new SshSocket("ssh", sshArguments(this.url), this.env, (what) => new EngineError(`ssh ${what}`));
    this.opening++;
    const settle = () => {
      clearTimeout(timer);
      socket.off("heard", settle).off("close", settle);
      this.opening--;
      this.waiting.shift()?.();
    };
    const timer = setTimeout(settle, openingMs).unref();
    socket.once("heard", settle).once("close", settle);
    return socket;
  }
}

/** Pure. Options as the docker command gives them, and no question ever: nobody may be there to answer. */
export function sshArguments(url: URL): string[] {
  const user = url.username === "" ? [] : ["-l", decodeURIComponent(url.username)];
  const port = url.port === "" ? [] : ["-p", url.port];
  return ["-T", "-o", "BatchMode=yes", "-o", "ConnectTimeout=30", ...user, ...port, "--", url.hostname, "docker", "system", "dial-stdio"];
}

/** What node's http asks of a socket beyond a stream. */
class SshSocket extends ProgramStream {
  private idle: NodeJS.Timeout | undefined;

  override push(chunk: unknown, encoding?: BufferEncoding): boolean {
    this.emit("heard");
    return super.push(chunk, encoding);
  }

  setTimeout(): this {
    return this;
  }
  setNoDelay(): this {
    return this;
  }
  setKeepAlive(): this {
    return this;
  }

  /** A call has it again. */
  ref(): this {
    clearTimeout(this.idle);
    this.hold(true);
    return this;
  }

  /** No call has it: this process may end meanwhile. */
  unref(): this {
    this.idle = setTimeout(() => this.destroy(), idleMs).unref();
    this.hold(false);
    return this;
  }
}
