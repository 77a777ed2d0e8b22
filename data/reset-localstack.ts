import { HeadObjectCommand, ListObjectsV2Command, type S3Client } from "@aws-sdk/client-s3";
import { sharePrefix } from "../key-feeder/contract.ts";
import { isFedObject } from "../key-feeder/storage.ts";
import { bucketNames, emptyBucket, removeBucket } from "./buckets.ts";

/** What a LocalStack held that is empty now. */
export interface LocalStackReset {
  readonly objects: number;
  /** Besides the stack's own, which are there as before. */
  readonly buckets: number;
}

/** The stack's own buckets, and the object of the service's secrets. */
export interface OwnBuckets {
  readonly config: string;
  readonly shares: string;
  readonly configObject: string;
}

/**
 * Empties a stack's LocalStack: S3, IAM, STS. What the key-feeder has put, the secrets and under bootstrap `auto` the shares, stays where it is;
 * without it a service that starts would wait a minute.
 * @param url where it answers
 */
export async function resetLocalStack(s3: S3Client, url: string, own: OwnBuckets): Promise<LocalStackReset> {
  const [names] = await Promise.all([bucketNames(s3), resetOthers(url)]);
  const kept = await fedObjects(s3, own, names);
  const removed = await Promise.all(
    names.map(async (bucket) => {
      const objects = await emptyBucket(s3, bucket, (key) => kept.has(`${bucket}/${key}`));
      const isOwn = bucket === own.config || bucket === own.shares;
      if (!isOwn) await removeBucket(s3, bucket);
      return { objects, buckets: isOwn ? 0 : 1 };
    }),
  );
  return removed.reduce((sum, { objects, buckets }) => ({ objects: sum.objects + objects, buckets: sum.buckets + buckets }), {
    objects: 0,
    buckets: 0,
  });
}

/** `bucket/key` of what the key-feeder put where the service looks. */
async function fedObjects(s3: S3Client, { config, shares, configObject }: OwnBuckets, names: readonly string[]): Promise<Set<string>> {
  const places = [
    [config, configObject],
    [shares, sharePrefix],
  ] as const;
  const found = await Promise.all(
    places
      .filter(([bucket]) => names.includes(bucket))
      .map(async ([bucket, prefix]) => {
        const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket: bucket, Prefix: prefix }));
        const keys = Contents.flatMap(({ Key }) => Key ?? []);
        const fed = await Promise.all(keys.map((Key) => s3.send(new HeadObjectCommand({ Bucket: bucket, Key })).then(isFedObject)));
        return keys.filter((_, index) => fed[index] === true).map((key) => `${bucket}/${key}`);
      }),
  );
  return new Set(found.flat());
}

/** IAM and STS are moto's (http://docs.getmoto.org/en/latest/docs/moto_apis.html). An image of somebody else's may have them elsewhere. */
async function resetOthers(url: string): Promise<void> {
  const { status } = await fetch(`${url}/moto-api/reset`, { method: "POST" });
  if (status !== 200 && status !== 404) throw new Error(`LocalStack answered ${status} when it was asked to forget IAM and STS`);
}
