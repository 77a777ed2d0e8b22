import { S3Client } from "@aws-sdk/client-s3";
import { Redis } from "ioredis";
import type { StackOutputs } from "../model/outputs.ts";
import { trusting } from "../operators/payouts/streams.ts";

/**
 * A client of the stack's Redis. Quit it when the test is done.
 *
 * @example const redis = redisClient(await stackOutputs("alice")); … await redis.quit();
 */
export function redisClient(outputs: Pick<StackOutputs, "redisUrl" | "caCertificate">): Redis {
  return new Redis(outputs.redisUrl, { maxRetriesPerRequest: 3, ...trusting(outputs.redisUrl, outputs.caCertificate) });
}

/** A client of the stack's S3. Its buckets are `outputs.buckets`. */
export function s3Client(outputs: Pick<StackOutputs, "localstackUrl">): S3Client {
  return new S3Client({
    // On the host no name leads to a bucket: its name goes into the path.
    forcePathStyle: true,
    endpoint: outputs.localstackUrl,
    // Any region will do for LocalStack, and any credentials.
    region: "us-west-2",
    credentials: { accessKeyId: "test", secretAccessKey: "test" },
  });
}
