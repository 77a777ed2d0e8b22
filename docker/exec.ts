import { type Duplex, Readable, type Writable } from "node:stream";
import { systemClock } from "../common/waiting.ts";
import { EngineError } from "./error.ts";
import { type Frame, frames, rawFrames } from "./streams.ts";
import type { Transport } from "./transport.ts";

export interface ExecOptions {
  /** Written to the command's standard input, which then ends. A stream may go on while the command runs. */
  readonly stdin?: string | Buffer | Readable;
  readonly tty?: boolean;
  readonly user?: string;
  readonly workdir?: string;
  readonly env?: Record<string, string>;
  readonly signal?: AbortSignal;
}

export interface ExecResult {
  readonly exitCode: number;
  /** Standard output and error together, in the order they came. */
  readonly output: string;
  readonly stdout: string;
  readonly stderr: string;
}

/** The streams of the person (or program) at this end: process.stdin, stdout and stderr, or any others. */
export interface Terminal {
  readonly stdin: Readable & Partial<Pick<NodeJS.ReadStream, "isTTY" | "setRawMode">>;
  readonly stdout: Writable & Partial<Pick<NodeJS.WriteStream, "isTTY" | "rows" | "columns">>;
  readonly stderr: Writable;
}

/** Runs a command in a running container to its end. */
export async function exec(transport: Transport, name: string, command: readonly string[], options: ExecOptions): Promise<ExecResult> {
  const tty = options.tty === true;
  const id = await create(transport, name, command, { ...options, tty, input: options.stdin !== undefined });
  const pieces: Frame[] = [];
  await whileItRuns(transport, id, name, options.signal, async (signal) => {
    const socket = await start(transport, id, name, tty, signal);
    if (options.stdin instanceof Readable) options.stdin.pipe(socket);
    else socket.end(options.stdin);
    for await (const frame of output(transport, socket, name, tty, signal)) pieces.push(frame);
  });
  const text = (wanted: (frame: Frame) => boolean) => Buffer.concat(pieces.filter(wanted).map((frame) => frame.data)).toString("utf8");
  return {
    exitCode: await exitCode(transport, id, name),
    output: text(() => true),
    stdout: text((frame) => frame.stream === "stdout"),
    stderr: text((frame) => frame.stream === "stderr"),
  };
}

/**
 * Runs a command in a container for whoever is at the terminal: input, output and window size go through.
 * @returns the command's exit code
 */
export async function attachExec(
  transport: Transport,
  name: string,
  command: readonly string[],
  terminal: Terminal,
  options: Omit<ExecOptions, "stdin">,
): Promise<number> {
  const { stdin, stdout } = terminal;
  const tty = options.tty ?? (stdin.isTTY === true && stdout.isTTY === true);
  const id = await create(transport, name, command, { ...options, tty, input: true });
  await whileItRuns(transport, id, name, options.signal, (signal) => converse(transport, { id, name, tty, terminal, signal }));
  return await exitCode(transport, id, name);
}

interface Conversation {
  readonly id: string;
  readonly name: string;
  readonly tty: boolean;
  readonly terminal: Terminal;
  readonly signal: AbortSignal;
}

async function converse(transport: Transport, { id, name, tty, terminal, signal }: Conversation): Promise<void> {
  const { stdin, stdout, stderr } = terminal;
  const socket = await start(transport, id, name, tty, signal);
  const resize = () => void resizeTo(transport, id, name, stdout);
  if (tty) {
    stdin.setRawMode?.(true);
    stdout.on("resize", resize);
    resize();
  }
  stdin.pipe(socket);
  try {
    for await (const { stream, data } of output(transport, socket, name, tty, signal)) (stream === "stdout" ? stdout : stderr).write(data);
  } finally {
    stdin.unpipe(socket);
    stdin.pause();
    if (tty) {
      stdout.off("resize", resize);
      stdin.setRawMode?.(false);
    }
  }
}

/** A running command at the other end of a connection. */
export interface ExecStream {
  /** Its standard input; destroying it ends the connection. */
  readonly stdin: Duplex;
  /** What it writes; ends with it. */
  readonly output: AsyncGenerator<Frame>;
  /** Its exit code, once the output has ended. */
  exitCode(): Promise<number>;
}

/** Starts a command and leaves its streams to the caller, who has to read its output to the end. */
export async function openExec(
  transport: Transport,
  name: string,
  command: readonly string[],
  options: Omit<ExecOptions, "stdin" | "tty">,
): Promise<ExecStream> {
  const id = await create(transport, name, command, { ...options, tty: false, input: true });
  const stdin = await start(transport, id, name, false, options.signal);
  return { stdin, output: output(transport, stdin, name, false, options.signal), exitCode: () => exitCode(transport, id, name) };
}

/** Starts a command that goes on by itself, until it ends or its container does: nobody reads what it writes. */
export async function startExec(
  transport: Transport,
  name: string,
  command: readonly string[],
  options: Omit<ExecOptions, "stdin" | "tty">,
): Promise<void> {
  const id = await create(transport, name, command, { ...options, tty: false, input: false });
  await transport.text({ method: "POST", path: `/exec/${id}/start`, json: { Detach: true, Tty: false }, doing: doing(name) });
}

interface CreateOptions extends ExecOptions {
  readonly tty: boolean;
  readonly input: boolean;
}

async function create(transport: Transport, name: string, command: readonly string[], options: CreateOptions): Promise<string> {
  const json = {
    AttachStdin: options.input,
    AttachStdout: true,
    AttachStderr: true,
    Tty: options.tty,
    Cmd: command,
    User: options.user,
    WorkingDir: options.workdir,
    Env: Object.entries(options.env ?? {}).map(([key, value]) => `${key}=${value}`),
  };
  const call = { method: "POST", path: `/containers/${name}/exec`, json, signal: options.signal, doing: doing(name) } as const;
  return (await transport.json<{ Id: string }>(call)).Id;
}

/** Between two looks whether a container still runs in which a command is at work, in ms. */
const lifeIntervalMs = 1000;

/**
 * Does something with a command that runs in a container, until the container ends: where that happens just as a command starts, Docker 20.10
 * leaves its stream open for ever.
 * @param work gets a signal that ends it
 * @throws EngineError with the engine's status where the container has ended
 */
async function whileItRuns(
  transport: Transport,
  id: string,
  name: string,
  stop: AbortSignal | undefined,
  work: (signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const ended = new AbortController();
  const over = new AbortController();
  const watch = async () => {
    for (;;) {
      await systemClock.sleep(lifeIntervalMs, over.signal);
      if (over.signal.aborted) return;
      const state = await inspect(transport, id, name).catch((error: unknown) => error);
      if (isEnd(state)) return ended.abort(state);
    }
  };
  void watch();
  try {
    await work(stop === undefined ? ended.signal : AbortSignal.any([stop, ended.signal]));
  } finally {
    over.abort();
  }
}

/** Whether the engine says that the container has ended. One that is paused goes on. */
function isEnd(state: unknown): boolean {
  return state instanceof EngineError && state.status !== undefined && !/paused/.test(state.message);
}

function start(transport: Transport, id: string, name: string, tty: boolean, signal: AbortSignal | undefined): Promise<Duplex> {
  return transport.hijack({ method: "POST", path: `/exec/${id}/start`, json: { Detach: false, Tty: tty }, signal, doing: doing(name) });
}

function output(transport: Transport, socket: Duplex, name: string, tty: boolean, signal: AbortSignal | undefined): AsyncGenerator<Frame> {
  const body = transport.body(socket, { method: "POST", path: "", signal, doing: doing(name) });
  return tty ? rawFrames(body) : frames(body);
}

async function exitCode(transport: Transport, id: string, name: string): Promise<number> {
  return (await inspect(transport, id, name)).ExitCode ?? 0;
}

function inspect(transport: Transport, id: string, name: string): Promise<{ ExitCode: number | null }> {
  return transport.json({ method: "GET", path: `/exec/${id}/json`, doing: doing(name) });
}

/** A size that cannot be set is no reason to end the command. */
async function resizeTo(transport: Transport, id: string, name: string, stdout: Terminal["stdout"]): Promise<void> {
  const query = { h: stdout.rows, w: stdout.columns };
  await transport.text({ method: "POST", path: `/exec/${id}/resize`, query, doing: doing(name) }).catch(() => undefined);
}

function doing(name: string): string {
  return `run a command in ${name}`;
}
