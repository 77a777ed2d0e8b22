import type { CommandTable } from "../core/command.ts";

/** What operators do by hand. */
export const operatorCommands = {
  env: {
    summary: "Print what the operators' own tools need, and write their keys and shares to files",
    load: () => import("./operator-env.ts"),
  },
} as const satisfies CommandTable;
