import { errorMessage } from "../common/errors.ts";
import type { ContainerDetails, Engine } from "./engine.ts";
import { exitOf, lastEnding } from "./waiting/exit.ts";

/** Lines of a log that say why a program ended. */
const count = 15;

/** How many are looked through for those of a run that has ended: one that was started again has written more by then. */
const range = 1_000;

/**
 * The end of a message about a container: "its last log lines:" and these, or that there are none. Whatever happens, it throws nothing.
 * @param of given where the lines of the run that ended last count, and not what one that was started again has written since
 */
export async function lastLines(
  engine: Pick<Engine, "logs">,
  container: string,
  of?: Pick<ContainerDetails, "running" | "finishedAt">,
): Promise<string> {
  const lines: string[] = [];
  const ended = of?.running === true ? Date.parse(of.finishedAt) : Number.NaN;
  const again = ended > 0;
  try {
    for await (const { line, time = "" } of engine.logs(container, again ? { tail: range, timestamps: true } : { tail: count })) {
      if (!(again && Date.parse(time) > ended)) lines.push(line);
    }
    lines.splice(0, lines.length - count);
  } catch (error) {
    lines.push(`(its log cannot be read: ${errorMessage(error)})`);
  }
  return lines.length === 0 ? "it wrote no log" : `its last log lines:${lines.map((line) => `\n  | ${line}`).join("")}`;
}

/** How a container's last run ended, in words, and the last lines that this run wrote. Also of one that was started again. */
export async function lastWords(
  engine: Pick<Engine, "logs" | "pastEvents">,
  details: ContainerDetails,
): Promise<{ how: string; log: string }> {
  const [ending, log] = await Promise.all([lastEnding(engine, details), lastLines(engine, details.name, details)]);
  return { how: exitOf(ending), log };
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
  const { how, log } = await lastWords(engine, details);
  return `${what} ${how} (container ${container}); ${log}`;
}
