import type { CommandTable } from "../core/command.ts";

/** The subcommands of `nitro snapshot`. */
export const snapshotCommands = {
  save: {
    summary: "Keep ledger, Redis and S3 as they are at one moment",
    load: () => import("./snapshot-save.ts"),
  },
  restore: {
    summary: "Make ledger, Redis and S3 what they were",
    load: () => import("./snapshot-restore.ts"),
  },
  ls: {
    summary: "The snapshots of a stack, with size and age",
    load: () => import("./snapshot-ls.ts"),
  },
  rm: {
    summary: "Remove a snapshot",
    load: () => import("./snapshot-rm.ts"),
  },
} as const satisfies CommandTable;
