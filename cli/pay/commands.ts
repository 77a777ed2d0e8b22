import type { CommandTable } from "../core/command.ts";

/** What else there is to payouts than making one. */
export const payCommands = {
  prepare: {
    summary: "Have a report's payments prepared; interrupted, it goes on where it was",
    load: () => import("./pay-prepare.ts"),
  },
  status: {
    summary: "How the payments of a payout are",
    load: () => import("./pay-status.ts"),
  },
  report: {
    summary: "The attested answers of a payout: signatures verified, sums compared with the report",
    load: () => import("./pay-report.ts"),
  },
  retry: {
    summary: "Try again now what a payout waits for",
    load: () => import("./pay-retry.ts"),
  },
  ls: {
    summary: "All payouts, how far each is, and which one the worker is at",
    load: () => import("./pay-ls.ts"),
  },
  cancel: {
    summary: "Remove a payout that cannot go on; the worker goes on with the next",
    load: () => import("./pay-cancel.ts"),
  },
} as const satisfies CommandTable;
