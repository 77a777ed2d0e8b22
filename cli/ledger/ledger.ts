import { UsageError } from "../../common/errors.ts";
import { nearest } from "../../common/nearest.ts";
import type { Command } from "../core/command.ts";

/** Every subcommand, in the order of the usage. Each is the file `<name>.ts` in this folder. */
export const ledgerCommandNames = ["tables", "query", "history", "verify", "export", "explain", "serve", "image"] as const;

export const command: Command = {
  summary: "The ledger: query, history, verify, export, explain; serve it without a stack",
  usage: `nitro ledger tables
       nitro ledger query STATEMENT [PARAMETER…]
       nitro ledger history TABLE ID
       nitro ledger verify [ID]
       nitro ledger export
       nitro ledger explain STATEMENT
       nitro ledger serve [--dir D] [--port P] [--name N] [--host H]
       nitro ledger image

All but the last two take -s STACK or --endpoint URL [--ledger NAME], and --json. They write tables on a terminal and Ion text, one value a
line, everywhere else. \`nitro ledger <subcommand> --help\` says more.`,

  async subcommand(word: string): Promise<Command | undefined> {
    const name = ledgerCommandNames.find((each) => each === word);
    if (name === undefined) return undefined;
    const module = (await import(`./${name}.ts`)) as { command: Command };
    return module.command;
  },

  async run([word]: string[]): Promise<number> {
    if (word === undefined) throw new UsageError("the subcommand is missing");
    if (word.startsWith("-")) throw new UsageError(`"${word}" stands before the subcommand: write options after it`);
    const meant = nearest(word, ledgerCommandNames);
    throw new UsageError(`there is no subcommand "${word}"${meant === undefined ? "" : `, did you mean ${meant}?`}`);
  },
};
