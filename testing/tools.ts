import type { S3Client } from "@aws-sdk/client-s3";
import type { Redis } from "ioredis";
import { UserError } from "../common/errors.ts";
import type { LedgerClient } from "../ledger/client/session.ts";
import type { StackOutputs } from "../model/outputs.ts";
import type { StackOperator } from "../operators/keys.ts";
import { s3Client } from "./clients.ts";
import { LedgerTool } from "./ledger-tool.ts";
import { PayTool } from "./pay-tool.ts";
import { ServiceClient } from "./service-client.ts";

/** Where a stack is reached. */
export interface ReachedStack<Outputs extends ReachedOutputs = ReachedOutputs> {
  readonly name: string;
  readonly outputs: Outputs;
  /** What clients of the service sign as its host. */
  readonly serviceHost: string;
  readonly operators: readonly StackOperator[];
  readonly redis: Redis;
  readonly ledgerName: string;
  /** Undefined where the ledger is AWS's. */
  readonly ledger: LedgerClient | undefined;
}

type ReachedOutputs = Pick<StackOutputs, "localstackUrl" | "serviceUrl">;

/** What is at hand on a stack, in tests and in `nitro shell` alike. */
export interface StackTools<Outputs = StackOutputs> {
  readonly outputs: Outputs;
  readonly operators: readonly StackOperator[];
  /** An operator by its number, from 1. @throws UserError naming those that there are */
  operator(number: number): StackOperator;
  readonly redis: Redis;
  readonly s3: S3Client;
  readonly ledger: LedgerTool;
  readonly service: ServiceClient;
  readonly pay: PayTool;
}

/** The S3 client has to be destroyed when it is not used any more; all else belongs to whoever opened it. */
export function stackTools<Outputs extends ReachedOutputs>(stack: ReachedStack<Outputs>): StackTools<Outputs> {
  const { name, outputs, operators, redis, serviceHost: host } = stack;
  const operator = (number: number) => {
    const found = operators.find((each) => each.number === number);
    if (found !== undefined) return found;
    throw new UserError(
      operators.length === 0
        ? `stack "${name}" has not told its operators' keys yet`
        : `there is no operator ${number}: allowed are ${operators.map((each) => each.number).join(", ")}`,
      operators.length === 0 ? `./nitro up -s ${name}` : undefined,
    );
  };
  return {
    outputs,
    operators,
    operator,
    redis,
    s3: s3Client(outputs),
    ledger: new LedgerTool(stack.ledgerName, stack.ledger),
    service: new ServiceClient({ stack: name, url: outputs.serviceUrl, host }),
    pay: new PayTool({ stack: name, redis, host, operator }),
  };
}
