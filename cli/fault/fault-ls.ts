import { seconds } from "../../common/progress.ts";
import { table } from "../../common/table.ts";
import { type Fault, listFaults } from "../../data/faults.ts";
import { Engine } from "../../docker/engine.ts";
import { declareCommand } from "../core/command.ts";
import { jsonOption, stackOption } from "../core/declaration.ts";
import { selectStack } from "../core/selection.ts";

export const command = declareCommand({
  unread: "end",
  options: { ...stackOption, ...jsonOption },

  async run({ values }, context) {
    const name = selectStack(values.stack, context.env);
    const faults = await listFaults({ name, engine: Engine.connect(context.env), root: context.root });
    const rows = faults.map((fault) => [fault.part, fault.kind, left(fault, Date.now())]);
    const text = rows.length === 0 ? `no part of stack ${name} has a fault\n` : table(["part", "fault", "ends in"], rows);
    context.stdout.write(values.json ? `${JSON.stringify(faults, null, 2)}\n` : text);
    return 0;
  },
});

/** @param now milliseconds since 1970 */
function left({ until }: Fault, now: number): string {
  return seconds(Math.max(0, Date.parse(until) - now));
}

/** A line for each fault, for `nitro status`. @param now milliseconds since 1970 */
export function faultLines(faults: readonly Fault[], stack: string, now: number): string[] {
  return faults.map((fault) => `${fault.part}: made to fail (${fault.kind}) for ${left(fault, now)} more; ./nitro fault clear -s ${stack}`);
}
