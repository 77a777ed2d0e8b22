import { once } from "node:events";
import { createInterface } from "node:readline/promises";
import type { Context } from "./context.ts";
import { InterruptedError } from "./errors.ts";

/**
 * Asks on the terminal, where the answer is no unless somebody says yes.
 * @param question without the choice
 * @param otherwise what is said where Ctrl-C is the answer
 */
export async function confirm(
  question: string,
  otherwise: string,
  { stdin, stderr, signal }: Pick<Context, "stdin" | "stderr" | "signal">,
): Promise<boolean> {
  // Without `terminal` Ctrl-C stays a signal.
  const terminal = createInterface({ input: stdin, output: stderr, terminal: false });
  try {
    // Ctrl-D ends the input, and no answer comes any more.
    const ended = once(terminal, "close").then(() => "");
    const answer = await Promise.race([terminal.question(`${question} [y/N] `, { signal }), ended]);
    return /^y(es)?$/i.test(answer.trim());
  } catch (error) {
    throw signal.aborted ? new InterruptedError(otherwise) : error;
  } finally {
    terminal.close();
  }
}
