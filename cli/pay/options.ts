import type { Options } from "../core/declaration.ts";
import { wholeNumber } from "../core/values.ts";

/** Of every command that follows a payout. */
export const newsTimeoutOption = {
  timeout: {
    type: "string",
    placeholder: "S",
    default: "90",
    read: wholeNumber(1, 86_400),
    help: "give up after so many seconds without news",
  },
} as const satisfies Options;
