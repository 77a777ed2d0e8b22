import { UserError } from "../common/errors.ts";
import { Engine } from "../docker/engine.ts";
import { roles } from "../model/names.ts";
import { partContainer, partNamed } from "../model/parts.ts";
import { ownerId } from "../toolchain/owner.ts";
import { declareCommand } from "./core/command.ts";
import { stackOption } from "./core/declaration.ts";
import { selectStack } from "./core/selection.ts";

export const command = declareCommand({
  arguments: {
    role: { words: roles, read: partNamed, what: "the part of the stack", placeholder: "ROLE", help: `the part: ${roles.join(", ")}` },
  },
  options: stackOption,
  rest: { placeholder: "COMMAND…", after: "--", what: "the command to run", help: "what to run there, with its arguments" },
  notes: "Standard input, output and the terminal are the command's; the exit code is its exit code.",
  examples: [["nitro exec -s alice service -- sh", "a shell beside the service"]],

  async run({ values, words: { role }, rest: program }, context) {
    const stack = selectStack(values.stack, context.env);
    const engine = Engine.connect(context.env);
    const container = await partContainer(engine, stack, role, ownerId(context.env));
    if (!container.running) throw new UserError(`${role} does not run (${container.status})`, `./nitro up -s ${stack}`);
    return engine.attachExec(container.name, program, context);
  },
});
