import type { Context } from "../common/context.ts";
import { UsageError, UserError } from "../common/errors.ts";
import { Engine } from "../docker/engine.ts";
import { roleContainer, roleNamed } from "../model/parts.ts";
import { ownerId } from "../toolchain/owner.ts";
import { type Command, parseArguments, stackOption } from "./core/command.ts";
import { selectStack } from "./core/selection.ts";

export const command: Command = {
  summary: "Run a command inside a part of the stack",
  usage: `nitro exec [-s STACK] ROLE -- COMMAND…

For example: nitro exec service -- sh
Standard input, output and the terminal are the command's; the exit code is its exit code.`,

  async run(args: string[], context: Context): Promise<number> {
    const end = args.indexOf("--");
    if (end === -1) throw new UsageError("the command to run is missing: put it after --");
    const { values, positionals } = parseArguments(args.slice(0, end), stackOption, 1);
    const program = args.slice(end + 1);
    if (positionals[0] === undefined) throw new UsageError("the part of the stack is missing");
    if (program.length === 0) throw new UsageError("the command to run is missing after --");
    const role = roleNamed(positionals[0]);
    const stack = selectStack(values.stack, context.env);
    const engine = Engine.connect(context.env);
    const container = await roleContainer(engine, stack, role, ownerId(context.env));
    if (!container.running) throw new UserError(`${role} does not run (${container.status})`, `./nitro up -s ${stack}`);
    return engine.attachExec(container.name, program, context);
  },
};
