import { errorMessage } from "../common/errors.ts";
import type { Engine } from "./engine.ts";

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
