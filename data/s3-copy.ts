import { GetObjectCommand, ListObjectsV2Command, PutObjectCommand, type S3Client } from "@aws-sdk/client-s3";
import { bucketNames, emptyBucket, makeBucket, removeBucket } from "./buckets.ts";

/** A bucket, or an object in one that came before. */
export interface S3Record {
  readonly bucket: string;
  readonly object?: {
    readonly key: string;
    /** Base64. */
    readonly body: string;
    readonly metadata: Readonly<Record<string, string>>;
    readonly type: string | undefined;
    readonly encoding: string | undefined;
  };
}

/** Reads all buckets with the present version of each object. */
export async function* s3Records(s3: S3Client): AsyncGenerator<S3Record> {
  for (const bucket of await bucketNames(s3)) {
    yield { bucket };
    for await (const key of objectKeys(s3, bucket)) {
      const { Body, Metadata = {}, ContentType, ContentEncoding } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
      const body = Buffer.from((await Body?.transformToByteArray()) ?? []).toString("base64");
      yield { bucket, object: { key, body, metadata: Metadata, type: ContentType, encoding: ContentEncoding } };
    }
  }
}

async function* objectKeys(s3: S3Client, bucket: string): AsyncGenerator<string> {
  let token: string | undefined;
  do {
    const page = await s3.send(new ListObjectsV2Command({ Bucket: bucket, ContinuationToken: token }));
    for (const { Key } of page.Contents ?? []) if (Key !== undefined) yield Key;
    token = page.NextContinuationToken;
  } while (token !== undefined);
}

/** Makes buckets and objects those of the records, and removes all others. @param records read twice */
export async function restoreS3(s3: S3Client, records: () => AsyncIterable<S3Record>): Promise<void> {
  const wanted = new Map<string, Set<string>>();
  for await (const { bucket, object } of records()) {
    const keys = wanted.get(bucket) ?? new Set();
    wanted.set(bucket, keys);
    if (object !== undefined) keys.add(object.key);
  }
  const present = await bucketNames(s3);
  for (const bucket of present) {
    await emptyBucket(s3, bucket, (key) => wanted.get(bucket)?.has(key) === true);
    if (!wanted.has(bucket)) await removeBucket(s3, bucket);
  }
  for (const bucket of wanted.keys()) if (!present.includes(bucket)) await makeBucket(s3, bucket);
  for await (const { bucket, object } of records()) {
    if (object === undefined) continue;
    const { key, body, metadata, type, encoding } = object;
    const more = { Metadata: { ...metadata }, ContentType: type, ContentEncoding: encoding };
    await s3.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: Buffer.from(body, "base64"), ...more }));
  }
}
