import type { CommandTable } from "../core/command.ts";

/** What else there is to payouts than making one. */
export const payCommands = {
  ls: {
    summary: "All payouts, how far each is, and which one the worker is at",
    load: () => import("./pay-ls.ts"),
  },
  cancel: {
    summary: "Remove a payout that cannot go on; the worker goes on with the next",
    load: () => import("./pay-cancel.ts"),
  },
  status: {
    summary: "How the payments of a payout are",
    load: () => import("./pay-status.ts"),
  },
} as const satisfies CommandTable;
