import type { CommandTable } from "../core/command.ts";

/** The subcommands of `nitro fault`. */
export const faultCommands = {
  ls: {
    summary: "The faults that go on, and when they end",
    load: () => import("./fault-ls.ts"),
  },
  clear: {
    summary: "End faults before their time",
    load: () => import("./fault-clear.ts"),
  },
} as const satisfies CommandTable;
