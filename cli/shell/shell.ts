import { join, resolve } from "node:path";
import { start } from "node:repl";
import { pathToFileURL } from "node:url";
import { inspect } from "node:util";
import type { Context } from "../../common/context.ts";
import { UsageError, UserError } from "../../common/errors.ts";
import { table } from "../../common/table.ts";
import { declareCommand } from "../core/command.ts";
import { jsonOption, stackOption } from "../core/declaration.ts";
import { selectStack } from "../core/selection.ts";
import { withLedger } from "../ledger/target.ts";
import { withPayouts } from "../pay/connection.ts";
import { type ShellTools, shellTools, toolHelp } from "./tools.ts";

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
    const name = selectStack(values.stack, context.env);
    return withPayouts(name, context, ["redis"], (stack) =>
      withLedger({ stack: name }, context, async (ledger) => {
        const tools = shellTools(stack, ledger);
        try {
          if (expression !== undefined) show(await runExpression(expression, tools), values.json, context);
          else if (script !== undefined) await runScript(resolve(context.cwd, script), tools);
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

/**
 * @param expression of JavaScript, or statements
 * @throws UserError with what it threw, or why it is none
 */
export async function runExpression(expression: string, tools: Partial<ShellTools>): Promise<unknown> {
  const AsyncFunction = (async () => {}).constructor as new (...parts: string[]) => (...values: unknown[]) => Promise<unknown>;
  const names = Object.keys(tools);
  const body = isExpression(expression, AsyncFunction) ? `return (${expression}\n)` : expression;
  try {
    return await new AsyncFunction(...names, body)(...Object.values(tools));
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw new UserError(String(error));
  }
}

function isExpression(text: string, AsyncFunction: new (...parts: string[]) => unknown): boolean {
  try {
    new AsyncFunction(`return (${text}\n)`);
    return true;
  } catch {
    return false;
  }
}

async function runScript(file: string, tools: ShellTools): Promise<void> {
  Object.assign(globalThis, tools);
  await import(pathToFileURL(file).href);
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
