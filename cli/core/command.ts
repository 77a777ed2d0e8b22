import type { Context } from "../../common/context.ts";
import type { Arguments, Declaration, Given, Options } from "./declaration.ts";
import { type ParsedWords, parseCommandLine } from "./parse.ts";

/** One `nitro` command. Its file exports it as `command`; its name and summary are in a table of commands. */
export interface Command {
  readonly declaration: Declaration;
  /** @throws UsageError where the arguments are not what the declaration says */
  parse(args: readonly string[]): ParsedWords;
  /**
   * @param args what follows the command's name
   * @returns the exit code
   * @throws UsageError as `parse` does
   */
  run(args: readonly string[], context: Context): Promise<number>;
}

/** A command whose arguments have the types of its declaration. */
export interface DeclaredCommand<O extends Options, A extends Arguments> extends Command {
  parse(args: readonly string[]): Given<O, A>;
}

interface Declared<O extends Options, A extends Arguments> extends Declaration {
  readonly options?: O;
  readonly arguments?: A;
  /** @returns the exit code */
  run(given: Given<O, A>, context: Context): Promise<number>;
}

/** Declares a command: what it takes, said once, and what it does with that. */
export function declareCommand<const O extends Options = Record<never, never>, const A extends Arguments = Record<never, never>>(
  declared: Declared<O, A>,
): DeclaredCommand<O, A> {
  const parse = (args: readonly string[]) => parseCommandLine(declared, args) as Given<O, A>;
  return {
    declaration: declared,
    parse,
    async run(args, context) {
      const given = parse(args);
      if (declared.options !== undefined && "stack" in declared.options) await useEngineOf(given, context);
      return await declared.run(given, context);
    },
  };
}

/** From here on this process, and what it starts, talk to the engine that the stack's settings name. */
async function useEngineOf({ values }: { readonly values: object }, { env, root }: Context): Promise<void> {
  // Loaded here: commands are declared and completed before any package is installed.
  const [{ selectStack }, { stackEngineVariables }] = await Promise.all([import("./selection.ts"), import("../../model/stack-engine.ts")]);
  const option: unknown = Reflect.get(values, "stack");
  const stack = selectStack(typeof option === "string" ? option : undefined, env);
  Object.assign(env, await stackEngineVariables(root, stack));
}

/** A line of a table of commands. It loads nothing until its command is wanted. */
export interface CommandEntry {
  /** One line. */
  readonly summary: string;
  /** Undefined where only subcommands do something. */
  load?(): Promise<{ readonly command: Command }>;
  readonly commands?: CommandTable;
  /** Of what has only subcommands: what is true of all of them. */
  readonly notes?: string;
}

/** Commands by name, in the order of the help. */
export type CommandTable = Readonly<Record<string, CommandEntry>>;

/** @returns the command of that name, or undefined */
export function entryNamed(table: CommandTable, word: string): CommandEntry | undefined {
  return Object.hasOwn(table, word) ? table[word] : undefined;
}
