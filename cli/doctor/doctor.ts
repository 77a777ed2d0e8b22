import { styleText } from "node:util";
import type { Context } from "../../common/context.ts";
import { table } from "../../common/table.ts";
import { Engine } from "../../docker/engine.ts";
import { type Command, parseArguments } from "../core/command.ts";
import { type Check, checkMachine } from "./checks.ts";

export const command: Command = {
  summary: "List what stacks need of this machine, what is there, and how to mend it",
  usage: `nitro doctor [--json]

Changes nothing. Exit code 1 where something is missing.`,

  async run(args: string[], context: Context): Promise<number> {
    const { values } = parseArguments(args, { json: { type: "boolean" } });
    const checks = await checkMachine(context.root, context.env, Engine.connect(context.env));
    context.stdout.write(values.json === true ? `${JSON.stringify(checks, null, 2)}\n` : report(checks));
    return isHealthy(checks) ? 0 : 1;
  },
};

/** True where nothing is missing that every stack needs. */
export function isHealthy(checks: readonly Check[]): boolean {
  return checks.every(({ ok, optional }) => ok || optional);
}

/** @returns a table; the last column says how to mend what is not in order */
export function report(checks: readonly Check[]): string {
  const rows = checks.map((check) => [mark(check), check.what, check.found ?? "-", check.wanted, check.ok ? "" : check.fix]);
  return table(["", "what", "found", "wanted", "mend"], rows);
}

function mark({ ok, optional }: Check): string {
  if (ok) return styleText("green", "✓");
  return optional ? styleText("yellow", "-") : styleText("red", "✗");
}
