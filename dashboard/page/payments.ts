import type { PaymentChanges, PaymentRow } from "../views.ts";

/** The states of payments, from the first to the last. */
export const paymentStates = ["waiting", "prepared", "authorized", "pending", "failed", "paid"] as const;
export type PaymentStateName = (typeof paymentStates)[number];

/** @returns the payments with what has changed of them; the list that was given is not touched */
export function withChanges(payments: readonly PaymentRow[], { rows }: PaymentChanges): readonly PaymentRow[] {
  const now = [...payments];
  for (const [index, row] of rows) now[index] = row;
  return now;
}

/** How many payments are in each state, from the first state to the last. */
export function stateCounts(payments: readonly PaymentRow[]): readonly { readonly state: PaymentStateName; readonly count: number }[] {
  const counts = new Map<string, number>();
  for (const { state } of payments) counts.set(state, (counts.get(state) ?? 0) + 1);
  return paymentStates.map((state) => ({ state, count: counts.get(state) ?? 0 }));
}

/** Nothing can happen to it any more. */
export function hasEnded({ state }: PaymentRow): boolean {
  return state === "paid" || state === "failed";
}

/** @param wanted a state, or undefined for all; @param text part of a payee's name, an amount or a document's id */
export function selected(payments: readonly PaymentRow[], wanted: PaymentStateName | undefined, text: string): readonly PaymentRow[] {
  const part = text.trim().toLowerCase();
  if (wanted === undefined && part === "") return payments;
  return payments.filter(
    ({ state, to, amount, documentId = "" }) =>
      (wanted === undefined || state === wanted) && (part === "" || `${to}\n${amount}\n${documentId}`.toLowerCase().includes(part)),
  );
}
