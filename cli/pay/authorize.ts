import type { Context } from "../../common/context.ts";
import { UserError } from "../../common/errors.ts";
import { heartbeat, Progress, seconds } from "../../common/progress.ts";
import { mayAuthorize } from "../../key-feeder/payouts/authorizer.ts";
import type { StackOperator } from "../../operators/keys.ts";
import { type AuthorizeResult, authorizePayout } from "../../operators/payouts/authorize.ts";
import type { PayoutStack } from "./connection.ts";

/** Authorizes a payout as one operator, and shows how far that is. @throws UserError where some payments had to be left alone */
export async function authorizeAs(
  { redis, name, serviceHost: host }: PayoutStack,
  { number, signer }: StackOperator,
  payoutId: string,
  timeoutMs: number,
  context: Context,
): Promise<AuthorizeResult> {
  const progress = new Progress(context.stderr);
  const beat = heartbeat(progress);
  const began = Date.now();
  const onProgress = ({ put, held }: { put: number; held: number }) =>
    beat(`operator ${number}: ${put} authorized${held === 0 ? "" : `, ${held} wait for answers`}`, seconds(Date.now() - began));
  const result = await authorizePayout(redis, { stack: name, payoutId, signer, host, timeoutMs, signal: context.signal, onProgress });
  progress.status(undefined);
  if (result.held === 0) return result;
  throw new UserError(
    `${result.held} payments of payout ${payoutId} could not be authorized by operator ${number}: the other operator's authorization of them has no answer`,
    `./nitro pay status ${payoutId} -s ${name}; the same command goes on`,
  );
}

/** Authorizes a payout as every operator in turn, where the key-feeder does not: for one payout of a stack that leaves them to people. */
export async function authorizeAsAll(stack: PayoutStack, payoutId: string, timeoutMs: number, context: Context): Promise<void> {
  for (const operator of stack.operators) await authorizeAs(stack, operator, payoutId, timeoutMs, context);
}

/** True where this command authorizes: it was asked to, and the stack leaves payouts to people. */
export function authorizesItself({ authorizing }: Pick<PayoutStack, "authorizing">, asked: string | undefined): boolean {
  return asked === "auto" && authorizing.mode === "manual";
}

/** Why nobody authorizes payments of a custodian without being a person; undefined where that may be. */
export function leftToPeople({ authorizing }: Pick<PayoutStack, "authorizing">, custodian: string): string | undefined {
  if (mayAuthorize(custodian, authorizing.custodians)) return undefined;
  return `it moves money, and nitro:authorization.custodians does not list it: nitro operator authorize is for people`;
}
