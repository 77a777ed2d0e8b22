import type { CommandTable } from "../core/command.ts";

/** Every subcommand of `nitro ledger`, in the order of its help. */
export const ledgerCommands = {
  tables: {
    summary: "The ledger's tables, with their documents counted",
    load: () => import("./tables.ts"),
  },
  query: {
    summary: "Run a PartiQL statement, in a transaction of its own",
    load: () => import("./query.ts"),
  },
  history: {
    summary: "Every revision of a document",
    load: () => import("./history.ts"),
  },
  verify: {
    summary: "Check documents and journal against the ledger's digest, hash by hash",
    load: () => import("./verify.ts"),
  },
  export: {
    summary: "Export the journal to S3, as QLDB does",
    load: () => import("./export.ts"),
  },
  explain: {
    summary: "How a statement finds its rows: by document id, by an index, or by looking at every document",
    load: () => import("./explain.ts"),
  },
  serve: {
    summary: "Run the ledger by itself: no stack, no container engine",
    load: () => import("./serve.ts"),
  },
  image: {
    summary: "Build an image of the ledger alone, to be run anywhere",
    load: () => import("./image.ts"),
  },
} as const satisfies CommandTable;

/** What is true of all of them. */
export const ledgerNotes = `All but the last two take -s STACK or --endpoint URL [--ledger NAME], and --json. They write tables on a terminal and Ion text, one value a
line, everywhere else.`;
