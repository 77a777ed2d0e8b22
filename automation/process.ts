import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";

import { errorCode, UserError } from "../common/errors.ts";
import { killTree } from "../common/process-tree.ts";
import type { EngineEvent } from "./events.ts";

/** One call of the pulumi program. */
export interface PulumiCall {
  readonly args: readonly string[];
  /** Complete environment, from pulumiEnvironment. */
  readonly env: Readonly<Record<string, string>>;
  /** The folder of Pulumi.yaml. */
  readonly cwd: string;
  /** Aborted: pulumi is asked to stop cleanly. */
  readonly signal?: AbortSignal;
  /** Aborted: pulumi and everything it started are killed. */
  readonly kill?: AbortSignal;
  /** Gets the process id once, when pulumi has been started. */
  readonly onStart?: ((pid: number) => void) | undefined;
  /** Called for each engine event that --json prints. */
  readonly onEvent?: ((event: EngineEvent) => void) | undefined;
}

export interface PulumiResult {
  /** 128 + signal number where a signal ended it, as shells count. */
  readonly exitCode: number;
  /** What it printed that is not an event. */
  readonly output: string;
  readonly errors: string;
}

/**
 * Runs pulumi in a session of its own, so that a terminal's Ctrl-C reaches it only through us and it can never ask a question.
 * @throws UserError where there is no pulumi on PATH
 */
export async function runPulumi(call: PulumiCall): Promise<PulumiResult> {
  const child = spawn("pulumi", [...call.args], {
    cwd: call.cwd,
    env: { ...call.env },
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
  });
  if (child.pid !== undefined) call.onStart?.(child.pid);
  const ended = exitCode(child);
  const release = followSignals(child, call);
  try {
    const output: string[] = [];
    const errors: string[] = [];
    const reading = readLines(child.stdout, (line) => {
      const event = parseEvent(line);
      if (event === undefined) output.push(line);
      else call.onEvent?.(event);
    });
    const complaints = readLines(child.stderr, (line) => errors.push(line));
    const [code] = await Promise.all([ended, reading, complaints]);
    return { exitCode: code, output: output.join("\n"), errors: errors.join("\n") };
  } finally {
    release();
  }
}

function exitCode(child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    child.once("error", (error) => {
      reject(errorCode(error) === "ENOENT" ? new UserError("there is no pulumi on this machine yet", "./nitro setup") : error);
    });
    child.once("exit", (code, signal) => resolve(code ?? (signal === "SIGKILL" ? 137 : 130)));
  });
}

function followSignals(child: ChildProcess, { signal, kill }: PulumiCall): () => void {
  const onStop = () => child.kill("SIGINT");
  const onKill = () => {
    if (child.pid !== undefined) killTree(child.pid);
  };
  if (signal?.aborted) onStop();
  signal?.addEventListener("abort", onStop);
  kill?.addEventListener("abort", onKill);
  return () => {
    signal?.removeEventListener("abort", onStop);
    kill?.removeEventListener("abort", onKill);
  };
}

async function readLines(stream: NodeJS.ReadableStream, onLine: (line: string) => void): Promise<void> {
  for await (const line of createInterface({ input: stream, crlfDelay: Number.POSITIVE_INFINITY })) onLine(line);
}

/** @returns the event in a line of `pulumi … --json`, or undefined for other text */
export function parseEvent(line: string): EngineEvent | undefined {
  if (!line.startsWith("{")) return undefined;
  try {
    const value: unknown = JSON.parse(line);
    return isEvent(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isEvent(value: unknown): value is EngineEvent {
  return typeof value === "object" && value !== null && "sequence" in value && "timestamp" in value;
}
