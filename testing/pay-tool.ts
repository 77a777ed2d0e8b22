import type { Redis } from "ioredis";
import type { StackOperator } from "../operators/keys.ts";
import { type PayoutReport, reportPayout } from "../operators/payouts/attested-report.ts";
import { type AuthorizeResult, authorizePayout } from "../operators/payouts/authorize.ts";
import { cancelPayout } from "../operators/payouts/cancel.ts";
import { type PrepareProgress, preparePayout } from "../operators/payouts/prepare.ts";
import { type ListedPayout, readPayouts } from "../operators/payouts/register.ts";
import { type RetryResult, retryPayout } from "../operators/payouts/retry.ts";
import { checkReport } from "../operators/report/report.ts";

/** How long an operator's authorizations may go without an answer, in ms. */
const authorizeMs = 90_000;

/** What payouts are worked with. */
export interface PayArgs {
  /** The stack's name, for messages. */
  readonly stack: string;
  readonly redis: Redis;
  /** What is signed as the service's host. */
  readonly host: string;
  operator(number: number): StackOperator;
}

/** What `nitro pay` and `nitro operator` do with payouts. Each throws UserError with what to do about it. */
export class PayTool {
  private readonly args: PayArgs;

  constructor(args: PayArgs) {
    this.args = args;
  }

  /** All payouts, oldest first. */
  ls(): Promise<ListedPayout[]> {
    return readPayouts(this.args.redis);
  }

  /** Sends the prepare requests of a report, and leaves the payout to people. @param report a JSON file */
  async prepare(report: string): Promise<PrepareProgress> {
    const { redis, stack, host } = this.args;
    return (await preparePayout(redis, await checkReport(report), { stack, host, manual: true })).now;
  }

  /** Authorizes what is prepared of a payout. @param operator its number */
  authorize(payoutId: string, operator: number): Promise<AuthorizeResult> {
    const { redis, stack, host } = this.args;
    const { signer } = this.args.operator(operator);
    return authorizePayout(redis, { stack, payoutId, signer, host, timeoutMs: authorizeMs });
  }

  /** Judges the answers, and compares payments and sums with the requests. */
  report(payoutId: string): Promise<PayoutReport> {
    return reportPayout(this.args.redis, payoutId, { stack: this.args.stack });
  }

  /** Has the worker try again at once what waits for its next try. */
  retry(payoutId: string): Promise<RetryResult> {
    return retryPayout(this.args.redis, payoutId);
  }

  /** Removes a payout. @returns false where the worker did not end its order in time */
  cancel(payoutId: string): Promise<boolean> {
    return cancelPayout(this.args.redis, payoutId, true);
  }
}
