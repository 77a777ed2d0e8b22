import { table } from "../common/table.ts";
import { Engine } from "../docker/engine.ts";
import { declareCommand } from "./core/command.ts";
import { jsonOption } from "./core/declaration.ts";
import { type StackRow, stackCells, stackHeader, stackRows } from "./stack-rows.ts";
import { mebibytes } from "./status.ts";

export const command = declareCommand({
  unread: "end",
  options: { all: { type: "boolean", help: "everybody's on this container engine, not only those of this backend" }, ...jsonOption },
  notes: `The owner is who brought a stack up; the last use is the last command that worked on it, but for those that only look at all of it (status, preview).
What nobody uses any more: nitro reap.`,

  async run({ values }, context) {
    const rows = await stackRows(Engine.connect(context.env), values.all, context);
    context.stdout.write(values.json ? `${JSON.stringify(rows, null, 2)}\n` : describeStacks(rows, values.all, Date.now()));
    return 0;
  },
});

function describeStacks(rows: readonly StackRow[], everybody: boolean, now: number): string {
  if (rows.length === 0) return `there are no stacks ${everybody ? "on this container engine" : "yet"}: ./nitro up\n`;
  const kept = ({ keeper }: StackRow) => (keeper === undefined ? "" : `kept ready by process ${keeper.pid}, ${mebibytes(keeper.memory)}`);
  const lines = table(
    [...stackHeader, "next swap"],
    rows.map((row) => [...stackCells(row, now), kept(row)]),
  );
  const total = rows.reduce((sum, { memory }) => sum + memory, 0);
  return `${lines}${rows.length === 1 ? "" : `${rows.length} stacks, ${mebibytes(total)} in memory\n`}`;
}
