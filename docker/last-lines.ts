import { errorMessage } from "../common/errors.ts";
import type { Engine } from "./engine.ts";
import { exitOf, lastEnding } from "./waiting/exit.ts";

/** Lines of a log that say why a program ended. */
const count = 15;

/** The end of a message about a container: "its last log lines:" and these, or that there are none. Whatever happens, it throws nothing. */
export async function lastLines(engine: Pick<Engine, "logs">, container: string): Promise<string> {
  const lines: string[] = [];
  try {
    for await (const { line } of engine.logs(container, { tail: count })) lines.push(line);
  } catch (error) {
    lines.push(`(its log cannot be read: ${errorMessage(error)})`);
  }
  return lines.length === 0 ? "it wrote no log" : `its last log lines:${lines.map((line) => `\n  | ${line}`).join("")}`;
}

/**
 * How a container ended, with its last words.
 * @param what it is called in the message, such as "worker"
 */
export async function endingWords(
  engine: Pick<Engine, "inspect" | "logs" | "pastEvents">,
  what: string,
  container: string,
): Promise<string> {
  const details = await engine.inspect(container);
  if (details === undefined) return `${what} is not there any more (container ${container})`;
  return `${what} ${exitOf(await lastEnding(engine, details))} (container ${container}); ${await lastLines(engine, container)}`;
}
