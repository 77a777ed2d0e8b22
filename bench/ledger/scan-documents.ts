import { decimal, type IonValue, struct, text } from "../../ledger/ion/value.ts";

/** A document of the tables that are scanned, of which the ledger and SQLite have the same ones. */
export interface ScanDocument {
  readonly id: string;
  readonly to: string;
  readonly from: string;
  /** In hundredths. */
  readonly amount: number;
  readonly currency: string;
  readonly custodian: string;
  readonly state: string;
  readonly note: string;
}

const currencies = ["BAT", "BTC", "ETH", "EUR", "USD"] as const;
const custodians = ["dryrun-happypath", "uphold", "bitflyer", "gemini"] as const;
const states = ["prepared", "authorized", "pending", "paid"] as const;

/** The document of a number, from 0: the values of its fields are spread, and the same whenever it is asked for. */
export function scanDocument(number: number): ScanDocument {
  // A step that has no factor in common with 2^32 comes by every number.
  const spread = Math.imul(number, 0x9e3779b1) >>> 0;
  const pick = (choices: readonly string[], shift: number) => choices[(spread >>> shift) % choices.length] ?? "";
  return {
    id: `payment-${number}`,
    to: `683bc9ba-497a-47a5-9587-${spread.toString(16).padStart(12, "0")}`,
    from: "5bb2f0a4-7c9d-4d0e-a3a8-9c1c4f1f7a55",
    amount: spread % 100_000,
    currency: pick(currencies, 3),
    custodian: pick(custodians, 7),
    // One of a hundred has failed.
    state: spread % 100 === 7 ? "failed" : pick(states, 11),
    note: `order ${number % 1000} of customer ${spread % 9973}`,
  };
}

/** As the ledger has it. */
export function ionDocument({ amount, ...texts }: ScanDocument): IonValue {
  const fields = Object.fromEntries(Object.entries(texts).map(([name, value]) => [name, text(value)]));
  return struct({ ...fields, amount: decimal(BigInt(amount), -2) });
}

/** As SQLite has it. */
export function jsonDocument(document: ScanDocument): string {
  return JSON.stringify({ ...document, amount: document.amount / 100 });
}
