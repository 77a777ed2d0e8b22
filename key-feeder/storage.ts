import {
  CopyObjectCommand,
  CreateBucketCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from "@aws-sdk/client-s3";
import { feederMark } from "./contract.ts";
import type { Aws } from "./settings.ts";

/** Objects of a bucket: key → ETag, which for objects put whole is the MD5 of their content in hex. */
export type Listing = ReadonlyMap<string, string>;

/** Whether an object, by what its head says, was put by a key-feeder and not by a person. */
export function isFedObject({ Metadata = {} }: { readonly Metadata?: Readonly<Record<string, string>> | undefined }): boolean {
  return Metadata[feederMark.name] === feederMark.value;
}

/** The one place that talks to S3. Every call is tried once: who calls decides what to do about a failure. */
export class Storage {
  private readonly client: S3Client;
  private readonly region: string;
  private readonly metadata: Readonly<Record<string, string>>;

  /** @param by who puts objects with it: those of the key-feeder are its own to take back */
  constructor(aws: Aws, by: "key-feeder" | "operator" = "key-feeder") {
    this.region = aws.region;
    this.metadata = by === "key-feeder" ? { [feederMark.name]: feederMark.value } : {};
    this.client = new S3Client({
      region: aws.region,
      endpoint: aws.s3Endpoint,
      forcePathStyle: true,
      credentials: { accessKeyId: aws.accessKeyId, secretAccessKey: aws.secretAccessKey },
      maxAttempts: 1,
      requestHandler: { connectionTimeout: 1_000, requestTimeout: 10_000, throwOnRequestTimeout: true },
    });
  }

  /** @returns the objects whose keys begin with the prefix (at most 1000), or undefined where there is no such bucket */
  async list(bucket: string, prefix: string): Promise<Listing | undefined> {
    try {
      const { Contents = [] } = await this.client.send(new ListObjectsV2Command({ Bucket: bucket, Prefix: prefix }));
      return new Map(Contents.map(({ Key = "", ETag = "" }) => [Key, unquoted(ETag)]));
    } catch (error) {
      if (isNamed(error, "NoSuchBucket")) return undefined;
      throw error;
    }
  }

  /** @returns the content, or undefined where the object is gone */
  async get(bucket: string, key: string): Promise<Uint8Array | undefined> {
    try {
      const { Body } = await this.client.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
      return await Body?.transformToByteArray();
    } catch (error) {
      if (isNamed(error, "NoSuchKey", "NoSuchBucket")) return undefined;
      throw error;
    }
  }

  /** @returns true where the object is there and was put by a key-feeder, not by a person */
  async isOurs(bucket: string, key: string): Promise<boolean> {
    try {
      return isFedObject(await this.client.send(new HeadObjectCommand({ Bucket: bucket, Key: key })));
    } catch (error) {
      if (isNamed(error, "NotFound", "NoSuchKey", "NoSuchBucket")) return false;
      throw error;
    }
  }

  /** Makes a bucket; one that is there already is fine. */
  async createBucket(bucket: string): Promise<void> {
    // us-east-1 is the one region that must not be named (S3 API reference, CreateBucket).
    const where = this.region === "us-east-1" ? {} : { CreateBucketConfiguration: { LocationConstraint: this.region as "us-west-2" } };
    try {
      await this.client.send(new CreateBucketCommand({ Bucket: bucket, ...where }));
    } catch (error) {
      if (!isNamed(error, "BucketAlreadyOwnedByYou", "BucketAlreadyExists")) throw error;
    }
  }

  /** @returns the new object's ETag */
  async put(bucket: string, key: string, content: Uint8Array | string): Promise<string> {
    return (await this.putIf(bucket, key, content, {})) ?? "";
  }

  /**
   * Puts an object in the place of what was seen there, and nothing else.
   * @param seen ETag; undefined where nothing was there
   * @returns the new object's ETag; undefined where somebody else has put one meanwhile
   */
  async replace(bucket: string, key: string, content: Uint8Array | string, seen: string | undefined): Promise<string | undefined> {
    return this.putIf(bucket, key, content, seen === undefined ? { IfNoneMatch: "*" } : { IfMatch: `"${seen}"` });
  }

  private async putIf(bucket: string, key: string, content: Uint8Array | string, condition: { IfMatch?: string; IfNoneMatch?: string }) {
    try {
      const put = new PutObjectCommand({ Bucket: bucket, Key: key, Body: content, Metadata: this.metadata, ...condition });
      return unquoted((await this.client.send(put)).ETag ?? "");
    } catch (error) {
      if (isNamed(error, "PreconditionFailed", "ConditionalRequestConflict", "NoSuchKey")) return undefined;
      throw error;
    }
  }

  /** Gives an object another key. Whoever is killed in between leaves it under both. */
  async move(bucket: string, from: string, to: string): Promise<void> {
    const source = [bucket, ...from.split("/")].map(encodeURIComponent).join("/");
    await this.client.send(new CopyObjectCommand({ Bucket: bucket, CopySource: source, Key: to }));
    await this.remove(bucket, [from]);
  }

  async remove(bucket: string, keys: readonly string[]): Promise<void> {
    await this.client.send(new DeleteObjectsCommand({ Bucket: bucket, Delete: { Objects: keys.map((Key) => ({ Key })), Quiet: true } }));
  }

  close(): void {
    this.client.destroy();
  }
}

function unquoted(etag: string): string {
  return etag.replace(/^"|"$/g, "");
}

function isNamed(error: unknown, ...names: string[]): boolean {
  return error instanceof Error && names.includes(error.name);
}
