import { neededShares } from "../../key-feeder/contract.ts";
import type { Role } from "../../model/names.ts";
import { isDone, type PaymentView } from "./payout.ts";

/** What can be seen of a stack from outside while a payout does not move. */
export interface Observed {
  /** Parts that do not run, with the engine's word for what they do. */
  readonly stopped: readonly { readonly role: Role; readonly state: string }[];
  readonly sealed: boolean;
  readonly shares: number;
  /** The payout that the worker has to finish before it takes this one; undefined where it is at this one or at none. */
  readonly behind?: string | undefined;
  /** What the program said last, in its log, of a message of the payout that the worker is at. */
  readonly says?: string | undefined;
}

export interface Problem {
  readonly message: string;
  readonly hint: string;
  /** Trying again is in vain as long as the program and the payout are what they are. */
  readonly refused?: true;
}

/** Parts that a payout cannot do without. */
export const payoutRoles: readonly Role[] = ["redis", "ledger", "service", "worker"];

/** Why payouts cannot be worked with now; undefined where every needed part runs. */
export function stoppedProblem(stack: string, stopped: Observed["stopped"], needed = payoutRoles): Problem | undefined {
  const missing = stopped.filter(({ role }) => needed.includes(role));
  if (missing.length === 0) return undefined;
  const parts = missing.map(({ role, state }) => `the ${role} (${state})`).join(", ");
  return { message: `no payout can move: ${parts} of stack "${stack}" does not run`, hint: `./nitro up -s ${stack}` };
}

/** Which payout is looked at. */
export interface Looked {
  readonly stack: string;
  readonly payoutId: string;
  /** The setting payout.custodian. */
  readonly custodian: string;
}

/** Why a payout does not move, by what is missing and what is seen; with the command that mends it or the place to look at. */
export function stalledProblem({ stack, payoutId, custodian }: Looked, payments: readonly PaymentView[], observed: Observed): Problem {
  const stopped = stoppedProblem(stack, observed.stopped);
  if (stopped !== undefined) return stopped;
  const open = payments.filter((payment) => !isDone(payment));
  const unanswered = open.filter(({ state }) => state === "waiting");
  const unauthorized = open.filter(({ state, authorizations }) => state === "prepared" && authorizations === 0);
  const says = observed.says === undefined ? "" : `; the program says: ${observed.says}`;
  if (observed.behind !== undefined)
    return {
      message: `the worker is at payout ${observed.behind} and does one after the other${says}`,
      hint: `./nitro pay ${says === "" ? "status" : "cancel"} ${observed.behind} -s ${stack}`,
    };
  const cancel = `./nitro pay cancel ${payoutId} -s ${stack} removes this payout`;
  const mending = (hint: string) => {
    if (observed.sealed)
      return `./nitro operator share ls -s ${stack} says whose share is missing, ./nitro operator share put brings it; ${cancel}`;
    if (observed.says === undefined) return hint;
    if (!refusesCustodian(observed)) return cancel;
    const setting = `pulumi config set --stack ${stack} --path nitro:payout.custodian NAME`;
    return `the custodian, by default nitro:payout.custodian (${custodian}), has to be one that the executable takes: ${setting}, or --custodian; ${cancel}`;
  };
  const sealed = observed.sealed ? `; the service is sealed, ${Math.min(observed.shares, neededShares)} of ${neededShares} shares` : "";
  if (unanswered.length > 0)
    return {
      message: `no answer to the prepare request of ${names(unanswered)}${sealed}${says}`,
      hint: mending(`./nitro logs worker service -s ${stack}`),
      ...(!observed.sealed && refusesCustodian(observed) ? { refused: true } : {}),
    };
  if (unauthorized.length > 0)
    return {
      message: `nobody authorized ${names(unauthorized)}: the key-feeder did not submit ${unauthorized.length === 1 ? "it" : "them"}`,
      hint: `./nitro logs key-feeder -s ${stack}`,
    };
  return {
    message: `authorized and neither paid nor failed: ${names(open)}${sealed}${says}`,
    hint: mending(`./nitro logs service worker -s ${stack}`),
  };
}

/** A program that fails for another reason may repeat the payment, with the name of its custodian. */
function refusesCustodian({ says = "" }: Observed): boolean {
  return /custodian/i.test(says.replace(/"custodian":"[\w-]*"/g, ""));
}

/** "payee-1, payee-2 and 3 more". */
function names(payments: readonly PaymentView[]): string {
  const shown = payments.slice(0, 3).map(({ to }) => to);
  const more = payments.length - shown.length;
  return more === 0 ? shown.join(", ") : `${shown.join(", ")} and ${more} more`;
}
