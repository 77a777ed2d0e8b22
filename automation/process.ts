import { errorCode, UserError } from "../common/errors.ts";
import { follow, type Stream } from "../common/process.ts";
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
export async function runPulumi({ args, env, cwd, signal, kill, onStart, onEvent }: PulumiCall): Promise<PulumiResult> {
  const text = { stdout: [] as string[], stderr: [] as string[] };
  const onLine = (line: string, stream: Stream) => {
    const event = stream === "stdout" ? parseEngineEvent(line) : undefined;
    if (event === undefined) text[stream].push(line);
    else onEvent?.(event);
  };
  const stop = signal && { signal, by: "SIGINT" as const };
  const { code, problem } = await follow("pulumi", args, { cwd, env, ownSession: true, stop, kill, onStart, onLine });
  if (problem !== undefined) throw errorCode(problem) === "ENOENT" ? new UserError(noPulumi, "./nitro setup") : problem;
  return { exitCode: code, output: text.stdout.join("\n"), errors: text.stderr.join("\n") };
}

const noPulumi = "there is no pulumi on this machine yet";

/** @returns the event in a line of `pulumi … --json`, or undefined for other text */
export function parseEngineEvent(line: string): EngineEvent | undefined {
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
