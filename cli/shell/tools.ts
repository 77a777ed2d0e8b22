import { type StackTools, stackTools } from "../../testing/tools.ts";
import { waitFor } from "../../testing/wait-for.ts";
import type { LedgerTarget } from "../ledger/target.ts";
import type { PayoutStack } from "../pay/connection.ts";

/** What is at hand in `nitro shell`: what tests have (testing/tools.ts). */
export interface ShellTools extends StackTools<PayoutStack["outputs"]> {
  readonly waitFor: typeof waitFor;
}

/** A line for each tool, for `help()`. */
export const toolHelp: Readonly<Record<keyof ShellTools, string>> = {
  outputs: "the stack's addresses and names",
  operators: "the operators, with their signers",
  operator: "operator(1): one of them",
  redis: "an ioredis client: await redis.xlen('prepare-config')",
  s3: "an S3 client of the AWS SDK",
  ledger: "await ledger.query('SELECT * FROM vaults WHERE publicKey = ?', 'age1…')",
  service: "await service.get('/v1/payments/info'), service.post(path, body), service.signed(operator(1), path, body)",
  pay: "await pay.ls(), prepare(file), authorize(payout, 1), report(payout), retry(payout), cancel(payout)",
  waitFor: "await waitFor(check, { what, timeoutMs })",
};

/** @param stack to be used while its connection is open */
export function shellTools(stack: PayoutStack, { client, name: ledgerName }: LedgerTarget): ShellTools {
  return { ...stackTools({ ...stack, ledgerName, ledger: client }), waitFor };
}
