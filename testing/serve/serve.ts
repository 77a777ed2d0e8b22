import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import { errorMessage, UserError } from "../../common/errors.ts";
import type { TestStack } from "../stack.ts";
import { calls, type Handed } from "./calls.ts";

/** A line of the caller: a call, or that one is not waited for any more. */
interface RequestLine {
  readonly id?: unknown;
  readonly call?: unknown;
  readonly args?: unknown;
  readonly cancel?: unknown;
}

/** Where the caller is. */
export interface Caller {
  readonly input: Readable;
  readonly output: Writable;
  /** Aborted: it is gone. */
  readonly signal: AbortSignal;
}

/**
 * Lets a program in another language use a stack's fixtures: a line of JSON for each call, `{"id": 1, "call": "payout", "args": {…}}`, and one
 * for each answer, `{"id": 1, "result": …}` or `{"id": 1, "error": {"name", "message"}}`; `{"cancel": 1}` ends a call. Calls run side by
 * side. The first line that is written has the stack's name and outputs. Ends when the input does, however the caller ended; what it has left
 * open is up to whoever closes the stack.
 */
export async function serveFixtures(stack: TestStack, { input, output, signal }: Caller): Promise<void> {
  const handed: Handed = { stack, scopes: new Map(), payouts: new Map(), ledgers: new Map(), undoables: new Map() };
  const running = new Map<unknown, AbortController>();
  const tell = (line: object) => output.write(`${JSON.stringify(line)}\n`);
  const answer = async ({ id, call, args = {} }: RequestLine) => {
    const stop = new AbortController();
    running.set(id, stop);
    try {
      const served = typeof call === "string" && Object.hasOwn(calls, call) ? calls[call] : undefined;
      if (served === undefined) throw new UserError(`there is no call ${JSON.stringify(call)}: there are ${Object.keys(calls).join(", ")}`);
      tell({ id, result: (await served.run(args, handed, stop.signal)) ?? null });
    } catch (error) {
      if (!stop.signal.aborted) tell({ id, error: described(error) });
    } finally {
      running.delete(id);
    }
  };
  const lines = createInterface({ input, signal });
  const over = new Promise<void>((end) => lines.once("close", end));
  lines.on("line", (text) => {
    const line = parsed(text);
    if (line === undefined) tell({ error: { name: "UserError", message: `no JSON object: ${text.slice(0, 80)}` } });
    else if (line.cancel !== undefined) running.get(line.cancel)?.abort();
    else void answer(line);
  });
  tell({ stack: stack.name, outputs: stack.outputs, parts: stack.parts });
  await over;
  for (const stop of running.values()) stop.abort();
}

function described(error: unknown): { name: string; message: string } {
  const hint = error instanceof UserError && error.hint !== undefined ? `\n  ${error.hint}` : "";
  return { name: error instanceof Error ? error.name : "Error", message: errorMessage(error) + hint };
}

function parsed(text: string): RequestLine | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}
