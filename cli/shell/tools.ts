import type { S3Client } from "@aws-sdk/client-s3";
import type { Redis } from "ioredis";
import { ionJson } from "../../ledger/ion/json.ts";
import { readText } from "../../ledger/ion/text.ts";
import type { StackOperator } from "../../operators/keys.ts";
import { type PayoutReport, reportPayout } from "../../operators/payouts/attested-report.ts";
import { type AuthorizeResult, authorizePayout } from "../../operators/payouts/authorize.ts";
import { cancelPayout } from "../../operators/payouts/cancel.ts";
import { type PrepareProgress, preparePayout } from "../../operators/payouts/prepare.ts";
import { type ListedPayout, readPayouts } from "../../operators/payouts/register.ts";
import { type RetryResult, retryPayout } from "../../operators/payouts/retry.ts";
import { checkReport } from "../../operators/report/report.ts";
import { s3Client } from "../../testing/clients.ts";
import { waitFor } from "../../testing/wait-for.ts";
import type { LedgerTarget } from "../ledger/target.ts";
import type { PayoutStack } from "../pay/connection.ts";

/** How long an operator's authorizations may go without an answer, in ms. */
const authorizeMs = 90_000;

/** What the service answered; a body that is JSON comes as its value. */
export interface ServiceReply {
  readonly status: number;
  readonly body: unknown;
}

/** What is at hand in `nitro shell`: each as tests have it (testing/). */
export interface StackTools {
  readonly outputs: PayoutStack["outputs"];
  readonly operators: readonly StackOperator[];
  /** An operator by its number. */
  operator(number: number): StackOperator;
  readonly redis: Redis;
  readonly s3: S3Client;
  readonly ledger: { query(statement: string, ...parameters: readonly unknown[]): Promise<unknown[]> };
  readonly service: {
    get(path: string): Promise<ServiceReply>;
    post(path: string, body: unknown): Promise<ServiceReply>;
  };
  readonly pay: {
    ls(): Promise<ListedPayout[]>;
    prepare(report: string): Promise<PrepareProgress>;
    authorize(payoutId: string, operator: number): Promise<AuthorizeResult>;
    report(payoutId: string): Promise<PayoutReport>;
    retry(payoutId: string): Promise<RetryResult>;
    cancel(payoutId: string): Promise<boolean>;
  };
  readonly waitFor: typeof waitFor;
}

/** A line for each tool, for `help()`. */
export const toolHelp: Readonly<Record<keyof StackTools, string>> = {
  outputs: "the stack's addresses and names",
  operators: "the operators, with their signers",
  operator: "operator(1): one of them",
  redis: "an ioredis client: await redis.xlen('prepare-config')",
  s3: "an S3 client of the AWS SDK",
  ledger: "await ledger.query('SELECT * FROM vaults WHERE publicKey = ?', 'age1…')",
  service: "await service.get('/v1/payments/info'), service.post(path, body)",
  pay: "await pay.ls(), prepare(file), authorize(payout, 1), report(payout), retry(payout), cancel(payout)",
  waitFor: "await waitFor(check, { what, timeoutMs })",
};

/** @param stack to be used while its connection is open */
export function stackTools(stack: PayoutStack, { client }: LedgerTarget): StackTools {
  const { redis, outputs, operators, name, serviceHost: host } = stack;
  const operator = (number: number) => {
    const found = operators.find((each) => each.number === number);
    if (found === undefined)
      throw new Error(`there is no operator ${number}: allowed are ${operators.map((each) => each.number).join(", ")}`);
    return found;
  };
  return {
    outputs,
    operators,
    operator,
    redis,
    s3: s3Client(outputs),
    ledger: {
      async query(statement, ...parameters) {
        const rows = await client.execute(
          statement,
          parameters.map((each) => readText(JSON.stringify(each ?? null))),
        );
        return rows.map((row) => JSON.parse(ionJson(row)) as unknown);
      },
    },
    service: {
      get: (path) => reply(fetch(outputs.serviceUrl + path)),
      post: (path, body) =>
        reply(
          fetch(outputs.serviceUrl + path, { method: "POST", body: JSON.stringify(body), headers: { "content-type": "application/json" } }),
        ),
    },
    pay: {
      ls: () => readPayouts(redis),
      prepare: async (report) => (await preparePayout(redis, await checkReport(report), { stack: name, host, manual: true })).now,
      authorize: (payoutId, number) =>
        authorizePayout(redis, { stack: name, payoutId, signer: operator(number).signer, host, timeoutMs: authorizeMs }),
      report: (payoutId) => reportPayout(redis, payoutId, { stack: name }),
      retry: (payoutId) => retryPayout(redis, payoutId),
      cancel: (payoutId) => cancelPayout(redis, payoutId, true),
    },
    waitFor,
  };
}

async function reply(answer: Promise<Response>): Promise<ServiceReply> {
  const response = await answer;
  const text = await response.text();
  try {
    return { status: response.status, body: JSON.parse(text) };
  } catch {
    return { status: response.status, body: text };
  }
}
