import { neededShares } from "../../key-feeder/contract.ts";
import type { Role } from "../../model/names.ts";
import { isDone, type PaymentView } from "./payout.ts";

/** What can be seen of a stack from outside while a payout does not move. */
export interface Observed {
  /** Parts that do not run, with the engine's word for what they do. */
  readonly stopped: readonly { readonly role: Role; readonly state: string }[];
  readonly sealed: boolean;
  readonly shares: number;
  /** The newest line of the worker's log about a message of this payout: it says what the service answers to what is tried again. */
  readonly workerSays?: string;
}

export interface Problem {
  readonly message: string;
  readonly hint: string;
}

/** Parts that a payout cannot do without. */
export const payoutRoles: readonly Role[] = ["redis", "ledger", "service", "worker"];

/** Why no payout can move now; undefined where everything runs. */
export function stoppedProblem(stack: string, stopped: Observed["stopped"]): Problem | undefined {
  const needed = stopped.filter(({ role }) => payoutRoles.includes(role));
  if (needed.length === 0) return undefined;
  const parts = needed.map(({ role, state }) => `the ${role} (${state})`).join(", ");
  return { message: `no payout can move: ${parts} of stack "${stack}" does not run`, hint: `./nitro up -s ${stack}` };
}

/** Why a payout does not move, by what is missing and what is seen; with the place to look at. */
export function stalledProblem(stack: string, payments: readonly PaymentView[], observed: Observed): Problem {
  const stopped = stoppedProblem(stack, observed.stopped);
  if (stopped !== undefined) return stopped;
  const open = payments.filter((payment) => !isDone(payment));
  const unanswered = open.filter(({ state }) => state === "waiting");
  const unauthorized = open.filter(({ state, authorizations }) => state === "prepared" && authorizations === 0);
  const says = observed.workerSays === undefined ? "" : `; the worker says: ${observed.workerSays.slice(0, 300)}`;
  const sealed = observed.sealed ? `; the service is sealed, ${Math.min(observed.shares, neededShares)} of ${neededShares} shares` : "";
  if (unanswered.length > 0)
    return {
      message: `no answer to the prepare request of ${names(unanswered)}${sealed}${says}`,
      hint: `./nitro logs worker service -s ${stack}`,
    };
  if (unauthorized.length > 0)
    return {
      message: `nobody authorized ${names(unauthorized)}: the key-feeder did not submit ${unauthorized.length === 1 ? "it" : "them"}`,
      hint: `./nitro logs key-feeder -s ${stack}`,
    };
  return {
    message: `authorized and neither paid nor failed: ${names(open)}${sealed}${says}`,
    hint: `./nitro logs service worker -s ${stack}`,
  };
}

/** "payee-1, payee-2 and 3 more". */
function names(payments: readonly PaymentView[]): string {
  const shown = payments.slice(0, 3).map(({ to }) => to);
  const more = payments.length - shown.length;
  return more === 0 ? shown.join(", ") : `${shown.join(", ")} and ${more} more`;
}
