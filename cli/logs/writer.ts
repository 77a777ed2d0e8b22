import { styleText } from "node:util";
import type { RoleLog } from "../../automation/role-logs.ts";
import type { Context } from "../../common/context.ts";
import { roles } from "../../model/names.ts";

export interface LogFormat {
  /** One JSON object a line. */
  readonly json: boolean;
  /** Each line begins with its part's name, and all are written to standard output. */
  readonly prefixed: boolean;
}

/** Writes what parts of a stack log. */
export class LogWriter {
  private readonly wanted: readonly string[];
  private readonly format: LogFormat;
  private readonly output: Pick<Context, "stdout" | "stderr">;

  /** @param wanted the parts, in the order of the index that `write` gets */
  constructor(wanted: readonly string[], format: LogFormat, output: Pick<Context, "stdout" | "stderr">) {
    [this.wanted, this.format, this.output] = [wanted, format, output];
  }

  write(part: number, entry: RoleLog): void {
    const role = this.wanted[part];
    if (role === undefined) return;
    const { stdout, stderr } = this.output;
    const { json, prefixed } = this.format;
    if (json) stdout.write(`${JSON.stringify(jsonLine(role, entry))}\n`);
    else if (entry.kind === "replaced") {
      // No program wrote it: whoever reads a program's standard output does not get it.
      const mark = styleText("dim", `— ${role} replaced by ${entry.container.slice(0, 12)} —`, { stream: prefixed ? stdout : stderr });
      (prefixed ? stdout : stderr).write(`${prefixed ? this.prefix(role) : ""}${mark}\n`);
    } else if (prefixed) stdout.write(`${this.prefix(role)}${entry.line}\n`);
    else (entry.stream === "stderr" ? stderr : stdout).write(`${entry.line}\n`);
  }

  private prefix(role: string): string {
    const width = Math.max(...this.wanted.map((each) => each.length));
    const colour = colours[(order.indexOf(role) + colours.length) % colours.length] ?? "cyan";
    return `${styleText(colour, role.padEnd(width), { stream: this.output.stdout })} │ `;
  }
}

function jsonLine(role: string, entry: RoleLog): object {
  if (entry.kind === "replaced") return { role, time: entry.time, replacedBy: entry.container };
  const { time, stream, line } = entry;
  return { role, time, stream, line };
}

/** Each part of ours has its colour, in whatever selection. */
const order: readonly string[] = roles;

const colours = ["cyan", "magenta", "yellow", "green", "blue", "red"] as const;
