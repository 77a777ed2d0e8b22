import { styleText } from "node:util";
import type { Context } from "../common/context.ts";
import { UsageError } from "../common/errors.ts";
import { merge } from "../common/merge.ts";
import { Engine, type LogLine } from "../docker/engine.ts";
import { type Role, roles, stackNames } from "../model/names.ts";
import { partsOf, roleContainer, roleNamed } from "../model/parts.ts";
import { ownerId } from "../toolchain/owner.ts";
import { type Command, parseArguments, stackOption } from "./core/command.ts";
import { selectStack } from "./core/selection.ts";

export const command: Command = {
  summary: "What the parts of the stack log",
  usage: `nitro logs [-s STACK] [-f] [--tail N] [ROLE…]

Without a role: all parts, each line with its part, in the order of time.
  -f, --follow   go on with what is logged from now on
  --tail N       only the last N lines of each part`,
  stopsCleanly: true,

  async run(args: string[], context: Context): Promise<number> {
    const options = { ...stackOption, follow: { type: "boolean", short: "f" }, tail: { type: "string" } } as const;
    const { values, positionals } = parseArguments(args, options, roles.length);
    const stack = selectStack(values.stack, context.env);
    const tail = values.tail === undefined ? undefined : lineCount(values.tail);
    const engine = Engine.connect(context.env);
    const parts = async () => partsOf((await engine.inspect(stackNames(stack).containers.service))?.labels);
    const wanted = positionals.length === 0 ? [...(await parts())] : [...new Set(positionals.map(roleNamed))];
    const owner = ownerId(context.env);
    const containers = await Promise.all(wanted.map((role) => roleContainer(engine, stack, role, owner)));
    const follow = values.follow === true;
    const sources = containers.map(({ name }) => engine.logs(name, { timestamps: true, follow, tail, signal: context.signal }));
    const prefixes = wanted.length === 1 ? [""] : wanted.map((role) => prefix(role, wanted));
    for await (const { source, item } of merge(sources, (line: LogLine) => line.time ?? "", !follow)) {
      const output = item.stream === "stderr" && wanted.length === 1 ? context.stderr : context.stdout;
      output.write(`${prefixes[source] ?? ""}${item.line}\n`);
    }
    return 0;
  },
};

function lineCount(text: string): number {
  if (!/^\d+$/.test(text)) throw new UsageError(`--tail is "${text}": allowed is a number of lines`);
  return Number(text);
}

const colours = ["cyan", "magenta", "yellow", "green", "blue", "red"] as const;

function prefix(role: Role, wanted: readonly Role[]): string {
  const width = Math.max(...wanted.map((each) => each.length));
  return `${styleText(colours[roles.indexOf(role) % colours.length] ?? "cyan", role.padEnd(width))} │ `;
}
