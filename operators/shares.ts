import { shareObject, sharePrefix } from "../key-feeder/contract.ts";
import type { Storage } from "../key-feeder/storage.ts";
import type { StackOperator } from "./keys.ts";

/** The bucket where the service looks for shares. */
export interface ShareBucket {
  readonly storage: Pick<Storage, "list" | "get" | "put" | "remove" | "isOurs">;
  readonly bucket: string;
}

/** An object that the service takes for a share. */
export interface ListedShare {
  readonly object: string;
  /** Whose place it is; undefined for an object that no operator puts there. */
  readonly operator: string | undefined;
  /** True for the share that the stack's keys give this operator; others open another vault, or none. */
  readonly own: boolean;
  readonly putBy: "key-feeder" | "operator";
}

/** Everything in the bucket that the service takes for a share. */
export async function listShares({ storage, bucket }: ShareBucket, operators: readonly StackOperator[]): Promise<ListedShare[]> {
  const objects = [...((await storage.list(bucket, sharePrefix))?.keys() ?? [])];
  return Promise.all(
    objects.map(async (object) => {
      const operator = operators.find(({ name }) => shareObject(name) === object);
      const [content, ours] = await Promise.all([storage.get(bucket, object), storage.isOurs(bucket, object)]);
      const text = content === undefined ? "" : Buffer.from(content).toString("utf8").trim();
      return { object, operator: operator?.name, own: operator?.share === text, putBy: ours ? "key-feeder" : "operator" };
    }),
  );
}

/** Puts an operator's share where the service looks. @returns false where it lay there already */
export async function putShare(shares: ShareBucket, operator: StackOperator): Promise<boolean> {
  const object = shareObject(operator.name);
  const content = await shares.storage.get(shares.bucket, object);
  if (content !== undefined && Buffer.from(content).toString("utf8").trim() === operator.share) return false;
  await shares.storage.put(shares.bucket, object, operator.share);
  return true;
}

/** Takes an operator's share away, whoever put it. @returns false where there was none */
export async function removeShare({ storage, bucket }: ShareBucket, operator: Pick<StackOperator, "name">): Promise<boolean> {
  const object = shareObject(operator.name);
  if ((await storage.get(bucket, object)) === undefined) return false;
  await storage.remove(bucket, [object]);
  return true;
}
