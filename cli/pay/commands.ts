import type { CommandTable } from "../core/command.ts";

/** What else there is to payouts than making one. */
export const payCommands = {
  status: {
    summary: "How the payments of a payout are",
    load: () => import("./pay-status.ts"),
  },
} as const satisfies CommandTable;
