import { styleText } from "node:util";
import { UsageError } from "../common/errors.ts";
import { merge } from "../common/merge.ts";
import { Engine, type LogLine } from "../docker/engine.ts";
import { type Role, roles, stackNames } from "../model/names.ts";
import { partsOf, roleContainer, roleNamed } from "../model/parts.ts";
import { ownerId } from "../toolchain/owner.ts";
import { declareCommand } from "./core/command.ts";
import { stackOption } from "./core/declaration.ts";
import { selectStack } from "./core/selection.ts";

export const command = declareCommand({
  unread: "end",
  arguments: {
    roles: { words: roles, read: roleNamed, multiple: true, placeholder: "ROLE", help: `of these parts alone: ${roles.join(", ")}` },
  },
  options: {
    ...stackOption,
    follow: { type: "boolean", short: "f", help: "go on with what is logged from now on" },
    tail: { type: "string", placeholder: "N", read: lineCount, help: "only the last N lines of each part" },
  },
  notes: "Without a role: all parts, each line with its part, in the order of time.",
  examples: [["nitro logs -s alice -f --tail 20 service worker", "the last 20 lines of two parts, and what comes"]],
  stopsCleanly: true,

  async run({ values, words: { roles: named } }, context) {
    const stack = selectStack(values.stack, context.env);
    const engine = Engine.connect(context.env);
    const parts = async () => partsOf((await engine.inspect(stackNames(stack).containers.service))?.labels);
    const wanted = named.length === 0 ? [...(await parts())] : [...new Set(named)];
    const owner = ownerId(context.env);
    const containers = await Promise.all(wanted.map((role) => roleContainer(engine, stack, role, owner)));
    const { follow, tail } = values;
    const sources = containers.map(({ name }) => engine.logs(name, { timestamps: true, follow, tail, signal: context.signal }));
    const prefixes = wanted.length === 1 ? [""] : wanted.map((role) => prefix(role, wanted));
    for await (const { source, item } of merge(sources, (line: LogLine) => line.time ?? "", !follow)) {
      const output = item.stream === "stderr" && wanted.length === 1 ? context.stderr : context.stdout;
      output.write(`${prefixes[source] ?? ""}${item.line}\n`);
    }
    return 0;
  },
});

function lineCount(text: string): number {
  if (!/^\d+$/.test(text)) throw new UsageError(`--tail is "${text}": allowed is a number of lines`);
  return Number(text);
}

const colours = ["cyan", "magenta", "yellow", "green", "blue", "red"] as const;

function prefix(role: Role, wanted: readonly Role[]): string {
  const width = Math.max(...wanted.map((each) => each.length));
  return `${styleText(colours[roles.indexOf(role) % colours.length] ?? "cyan", role.padEnd(width))} │ `;
}
