import type { PaymentDetails } from "../../key-feeder/payouts/messages.ts";

/** A payout in which all payments are alike, each to a payee of its own. */
export interface EqualPayments extends Omit<PaymentDetails, "to"> {
  readonly count: number;
}

/** @returns them, to `payee-1`, `payee-2`, … */
export function equalPayments({ count, from, amount, currency, payoutId, custodian }: EqualPayments): PaymentDetails[] {
  return Array.from({ length: count }, (_, index) => ({ to: `payee-${index + 1}`, from, amount, currency, payoutId, custodian }));
}
