import { styleText } from "node:util";
import { table } from "../../common/table.ts";
import { Engine } from "../../docker/engine.ts";
import { declareCommand } from "../core/command.ts";
import { jsonOption } from "../core/declaration.ts";
import { type Check, checkMachine } from "./checks.ts";

export const command = declareCommand({
  unread: "end",
  options: jsonOption,
  notes: "Changes nothing. Exit code 1 where something is missing.",

  async run({ values }, context) {
    const checks = await checkMachine(context.root, context.env, Engine.connect(context.env));
    context.stdout.write(values.json ? `${JSON.stringify(checks, null, 2)}\n` : doctorReport(checks));
    return isHealthy(checks) ? 0 : 1;
  },
});

/** True where nothing is missing that every stack needs. */
export function isHealthy(checks: readonly Check[]): boolean {
  return checks.every(({ ok, optional }) => ok || optional);
}

/** @returns a table; the last column says how to mend what is not in order */
export function doctorReport(checks: readonly Check[]): string {
  const rows = checks.map((check) => [mark(check), check.what, check.found ?? "-", check.wanted, check.ok ? "" : check.fix]);
  return table(["", "what", "found", "wanted", "mend"], rows);
}

function mark({ ok, optional }: Check): string {
  if (ok) return styleText("green", "✓");
  return optional ? styleText("yellow", "-") : styleText("red", "✗");
}
