import { presentBootstrap } from "../../automation/bootstrap-run.ts";
import { UserError } from "../../common/errors.ts";
import { neededShares } from "../../key-feeder/contract.ts";
import { Storage } from "../../key-feeder/storage.ts";
import { listShares, type ShareBucket } from "../../operators/shares.ts";
import type { ConnectedStack } from "../connection.ts";
import type { Options } from "../core/declaration.ts";
import { operatorNumbers } from "./who.ts";

/** Whose share; there is no default. */
export const shareOptions = {
  operator: { type: "string", words: operatorNumbers, help: "whose share; it has to be said" },
} as const satisfies Options;

/** Opens the bucket of a stack in which the service looks for shares. */
export async function withShares<T>(stack: ConnectedStack, use: (shares: ShareBucket) => Promise<T>): Promise<T> {
  const { aws, localstackUrl, buckets } = stack.outputs;
  const storage = new Storage({ ...aws, endpoint: localstackUrl, s3Endpoint: localstackUrl }, "operator");
  try {
    return await use({ storage, bucket: buckets.shares });
  } finally {
    storage.close();
  }
}

/** "1 of 2 shares" */
export async function countedShares(shares: ShareBucket, stack: ConnectedStack): Promise<{ own: number; text: string }> {
  const own = (await listShares(shares, stack.operators)).filter((share) => share.own).length;
  return { own, text: `${own} of ${neededShares} shares` };
}

/** Under bootstrap auto the shares are the key-feeder's. @throws UserError */
export async function mustBeManual({ engine, name, settings }: ConnectedStack): Promise<void> {
  if ((await presentBootstrap(engine, name, settings.bootstrap)) === "manual") return;
  throw new UserError(
    `bootstrap of stack "${name}" is auto: the key-feeder puts back every share within a second`,
    `./nitro up -s ${name} --bootstrap manual leaves them to operators; the service goes on. For one run of it: ./nitro restart -s ${name} --bootstrap manual`,
  );
}
