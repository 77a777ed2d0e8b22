import { operatorNames } from "../../key-feeder/contract.ts";
import { mayAuthorize } from "../../key-feeder/payouts/authorizer.ts";
import { type PaymentAnswer, parseAnswer, parseRequestBody, paymentKey, preparedPayment } from "../../key-feeder/payouts/messages.ts";
import type { StreamEntry } from "../../key-feeder/payouts/streams.ts";
import { putAt } from "./scan.ts";

/** Where a payment is; `waiting`: its prepare request was not answered yet. */
export const states = ["waiting", "prepared", "authorized", "pending", "failed", "paid"] as const;
export type PaymentState = (typeof states)[number];

/** One payment of a payout, by what the streams say. */
export interface PaymentView {
  readonly to: string;
  readonly amount: string;
  readonly custodian: string;
  readonly documentId?: string;
  readonly state: PaymentState;
  /** The state it should end in. */
  readonly expected: PaymentState;
  /** How many operators' authorizations are on their way or arrived. */
  readonly authorizations: number;
  /** From the prepare request to the answer that brought the state, by Redis's clock. Undefined while waiting. */
  readonly ms?: number;
}

/** What was read of a payout's streams, in the order it was put there. */
export interface PayoutEntries {
  readonly requests: readonly StreamEntry[];
  readonly prepared: readonly StreamEntry[];
  readonly submits: readonly StreamEntry[];
  readonly submitted: readonly StreamEntry[];
}

/** Who authorizes the payout. */
export interface Authorizing {
  readonly mode: "auto" | "manual";
  /** The setting authorization.custodians. */
  readonly custodians: readonly string[];
}

/**
 * The state that a payment should end in: what nobody authorizes stays prepared, what somebody does is paid, or fails where that is what its
 * custodian is for.
 * @param authorized by as many operators as it takes, whoever they are
 */
export function expectedState(custodian: string, { mode, custodians }: Authorizing, authorized = false): PaymentState {
  if (!authorized && (mode === "manual" || !mayAuthorize(custodian, custodians))) return "prepared";
  return /^dryrun-.*-fails$/.test(custodian) ? "failed" : "paid";
}

/** A payment that nothing can happen to any more. */
export function isFinal({ state }: PaymentView): boolean {
  return state === "paid" || state === "failed";
}

/** A payment that has come to its end, whichever; one that waits for a person has, once it is prepared. */
export function isDone(payment: PaymentView): boolean {
  return isFinal(payment) || (payment.expected === "prepared" && payment.state === "prepared");
}

/** Where all payments are, in a few words: "12 paid, 3 authorized, 5 waiting". */
export function counts(payments: readonly PaymentView[]): string {
  const parts = states.toReversed().flatMap((state) => {
    const count = payments.filter((payment) => payment.state === state).length;
    return count === 0 ? [] : [`${count} ${state}`];
  });
  return parts.join(", ") || "no payments";
}

/** Puts together what the streams say of each payment, in the order of the requests. A payee appears once in a payout. */
export function paymentViews(entries: PayoutEntries, authorizing: Authorizing): PaymentView[] {
  const documents = new Map<string, { documentId: string; at: number }>();
  for (const entry of entries.prepared) {
    const payment = preparedPayment(parseAnswer(entry.data));
    if (payment !== undefined && !documents.has(payment.to))
      documents.set(payment.to, { documentId: payment.documentId, at: putAt(entry) });
  }
  const authorizations = new Map<string, number>();
  for (const entry of entries.submits) {
    const documentId = text(parseRequestBody(entry.data).documentId);
    authorizations.set(documentId, (authorizations.get(documentId) ?? 0) + 1);
  }
  const outcomes = submitOutcomes(entries.submitted);
  const seen = new Set<string>();
  return entries.requests.flatMap((entry) => {
    const details = parseRequestBody(entry.data);
    const to = text(details.to);
    if (seen.has(to)) return [];
    seen.add(to);
    const document = documents.get(to);
    const outcome = outcomes.get(to);
    const reached = outcome?.at ?? document?.at;
    const given = authorizations.get(document?.documentId ?? "") ?? 0;
    const authorized = given >= operatorNames.length || outcome?.state === "paid" || outcome?.state === "failed";
    return [
      {
        to,
        amount: text(details.amount),
        custodian: text(details.custodian),
        documentId: document?.documentId,
        state: outcome?.state ?? (document === undefined ? "waiting" : "prepared"),
        expected: expectedState(text(details.custodian), authorizing, authorized),
        authorizations: given,
        ms: reached && Math.max(0, reached - putAt(entry)),
      },
    ];
  });
}

/** The furthest state that an answer to a submit request told, and when it first did. */
function submitOutcomes(entries: readonly StreamEntry[]): Map<string, { state: PaymentState; at: number }> {
  const outcomes = new Map<string, { state: PaymentState; at: number }>();
  for (const entry of entries) {
    const { to, state } = stateIn(parseAnswer(entry.data));
    const known = outcomes.get(to);
    if (state === undefined || (known !== undefined && states.indexOf(known.state) >= states.indexOf(state))) continue;
    outcomes.set(to, { state, at: putAt(entry) });
  }
  return outcomes;
}

/** What an answer to a submit request says: of which payment (as `paymentKey` writes it), and how it is. */
export function stateIn(answer: PaymentAnswer | undefined): { to: string; payment: string; state: PaymentState | undefined } {
  const data = object(answer?.body?.data);
  const details = object(data.paymentDetails);
  return { to: text(details.to), payment: paymentKey(details), state: states.find((state) => state === data.status) };
}

function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function object(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null ? { ...value } : {};
}
