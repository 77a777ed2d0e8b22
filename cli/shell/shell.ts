import { join } from "node:path";
import { start } from "node:repl";
import { inspect } from "node:util";
import type { Context } from "../../common/context.ts";
import { UsageError } from "../../common/errors.ts";
import { table } from "../../common/table.ts";
import { declareCommand } from "../core/command.ts";
import { jsonOption, stackOption } from "../core/declaration.ts";
import { selectStack } from "../core/selection.ts";
import { withLedger } from "../ledger/target.ts";
import { withPayouts } from "../pay/connection.ts";
import { type ShellTools, shellTools, toolHelp } from "./tools.ts";
import { mustSaySomething, runExpression, runScript, scriptFile } from "./user-code.ts";

export const command = declareCommand({
  arguments: {
    script: { what: "a script", complete: "files", optional: true, help: "JavaScript or TypeScript, which finds the tools as globals" },
  },
  options: {
    ...stackOption,
    eval: {
      type: "string",
      short: "e",
      placeholder: "EXPR",
      help: "evaluate this expression, in which await is allowed, and print its value",
    },
    ...jsonOption,
  },
  notes: `A Node shell on the stack. In it: ${Object.keys(toolHelp).join(", ")}; help() says what each is.
What is typed is kept for the next time, in .nitro/STACK/shell-history.`,
  examples: [
    ["nitro shell -s alice", "await pay.ls()"],
    ["nitro shell -s alice -e 'await redis.xlen(\"prepare-config\")'", "one value"],
    ["nitro shell -s alice fill.ts", "a script of yours"],
  ],

  async run({ values, words: { script } }, context) {
    const { eval: expression } = values;
    if (script !== undefined && expression !== undefined) throw new UsageError("a script and -e: allowed is one of them");
    mustSaySomething(expression);
    const file = script === undefined ? undefined : scriptFile(script, context);
    const name = selectStack(values.stack, context.env);
    return withPayouts(name, context, ["redis"], (stack) =>
      withLedger({ stack: name }, context, async (ledger) => {
        const tools = shellTools(stack, ledger);
        try {
          if (expression !== undefined) show(await runExpression(expression, tools), values.json, context);
          else if (file !== undefined) await runScript(file, tools, context.root);
          else await converse(name, tools, context);
        } finally {
          tools.s3.destroy();
        }
        return 0;
      }),
    );
  },
});

function show(value: unknown, json: boolean, { stdout }: Context): void {
  if (json) stdout.write(`${JSON.stringify(value, null, 2) ?? "null"}\n`);
  else if (value !== undefined)
    stdout.write(`${typeof value === "string" ? value : inspect(value, { depth: 6, colors: stdout.hasColors?.() === true })}\n`);
}

/** Until its user leaves, or its input ends. */
async function converse(stack: string, tools: ShellTools, { stdin, stdout, root }: Context): Promise<void> {
  const terminal = stdin.isTTY === true && stdout.isTTY === true;
  if (terminal) stdout.write(`stack ${stack}; help() says what is at hand, Ctrl-D leaves\n`);
  const shell = start({ prompt: terminal ? `${stack}> ` : "", input: stdin, output: stdout, terminal, ignoreUndefined: true });
  const help = () => void stdout.write(table(["tool", "is"], Object.entries(toolHelp)));
  Object.assign(shell.context, tools, { help });
  if (terminal) shell.setupHistory(join(root, ".nitro", stack, "shell-history"), () => {});
  await new Promise<void>((left) => shell.once("exit", left));
}
