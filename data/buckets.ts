import {
  CreateBucketCommand,
  DeleteBucketCommand,
  DeleteObjectsCommand,
  ListBucketsCommand,
  ListObjectVersionsCommand,
  type S3Client,
} from "@aws-sdk/client-s3";

/** A version of an object; where a bucket keeps none, the only one has the id `null`. */
interface ObjectVersion {
  readonly key: string;
  readonly id: string | undefined;
}

/** Names of all buckets. */
export async function bucketNames(s3: S3Client): Promise<string[]> {
  const { Buckets = [] } = await s3.send(new ListBucketsCommand({}));
  return Buckets.flatMap(({ Name }) => Name ?? []).sort();
}

/** Makes a bucket. @param region us-east-1 is the one that must not be named (S3 API reference, CreateBucket) */
export async function makeBucket(s3: S3Client, bucket: string): Promise<void> {
  const region = await s3.config.region();
  const where = region === "us-east-1" ? {} : { CreateBucketConfiguration: { LocationConstraint: region as "us-west-2" } };
  await s3.send(new CreateBucketCommand({ Bucket: bucket, ...where }));
}

/**
 * Removes what is in a bucket, old versions too.
 * @param keeps tells which keys stay, as they are
 * @returns how many were removed
 */
export async function emptyBucket(s3: S3Client, bucket: string, keeps: (key: string) => boolean): Promise<number> {
  const doomed = (await versions(s3, bucket)).filter(({ key }) => !keeps(key));
  for (let at = 0; at < doomed.length; at += mostAtOnce) {
    const Objects = doomed.slice(at, at + mostAtOnce).map(({ key, id }) => ({ Key: key, VersionId: id }));
    const { Errors = [] } = await s3.send(new DeleteObjectsCommand({ Bucket: bucket, Delete: { Objects, Quiet: true } }));
    const [first] = Errors;
    if (first !== undefined) throw new Error(`${bucket}/${first.Key} was not removed: ${first.Message ?? first.Code}`);
  }
  return doomed.length;
}

/** Removes an empty bucket. */
export async function removeBucket(s3: S3Client, bucket: string): Promise<void> {
  await s3.send(new DeleteBucketCommand({ Bucket: bucket }));
}

/** S3's limit for one call. */
const mostAtOnce = 1000;

async function versions(s3: S3Client, bucket: string): Promise<ObjectVersion[]> {
  const found: ObjectVersion[] = [];
  let after: { KeyMarker?: string | undefined; VersionIdMarker?: string | undefined } = {};
  for (;;) {
    const page = await s3.send(new ListObjectVersionsCommand({ Bucket: bucket, ...after }));
    for (const { Key = "", VersionId } of [...(page.Versions ?? []), ...(page.DeleteMarkers ?? [])])
      found.push({ key: Key, id: VersionId });
    if (page.IsTruncated !== true) return found;
    after = { KeyMarker: page.NextKeyMarker, VersionIdMarker: page.NextVersionIdMarker };
  }
}
