import { CreateBucketCommand, HeadBucketCommand, ListObjectsV2Command, S3Client, type S3ClientConfig } from "@aws-sdk/client-s3";
import { errorCode, errorMessage, UserError } from "../../common/errors.ts";

/** An object that an export left. */
export interface ExportedObject {
  readonly key: string;
  readonly bytes: number;
}

/** Where this machine reaches S3, and as whom. */
export interface BucketAccess {
  readonly endpoint: string;
  readonly region: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/** The bucket that a journal is exported to, as seen from this machine. */
export class ExportBucket {
  private readonly name: string;
  private readonly endpoint: string;
  private readonly client: S3Client;

  constructor(name: string, { endpoint, region, accessKeyId, secretAccessKey }: BucketAccess) {
    this.name = name;
    this.endpoint = endpoint;
    const config: S3ClientConfig = {
      endpoint,
      region,
      forcePathStyle: true,
      credentials: { accessKeyId, secretAccessKey },
      maxAttempts: 2,
    };
    this.client = new S3Client(config);
  }

  /** Makes the bucket where it is not there. @throws UserError where S3 does not answer, or refuses */
  async ensure(): Promise<void> {
    try {
      await this.client.send(new HeadBucketCommand({ Bucket: this.name }));
    } catch (error) {
      if (statusOf(error) !== 404) throw this.failure("look for", error);
      await this.client.send(new CreateBucketCommand({ Bucket: this.name })).catch((cause: unknown) => {
        throw this.failure("make", cause);
      });
    }
  }

  /** Every object whose key begins with a prefix, by key. */
  async objects(prefix: string): Promise<ExportedObject[]> {
    const found: ExportedObject[] = [];
    let token: string | undefined;
    do {
      const page = await this.client.send(new ListObjectsV2Command({ Bucket: this.name, Prefix: prefix, ContinuationToken: token }));
      for (const { Key: key = "", Size: bytes = 0 } of page.Contents ?? []) found.push({ key, bytes });
      token = page.NextContinuationToken;
    } while (token !== undefined);
    return found;
  }

  close(): void {
    this.client.destroy();
  }

  private failure(doing: string, error: unknown): UserError {
    const reason = errorCode(error) ?? (errorMessage(error) || `status ${statusOf(error)}`);
    return new UserError(`cannot ${doing} bucket ${this.name} at ${this.endpoint}: ${reason}`, "name another one: --bucket NAME", {
      cause: error,
    });
  }
}

function statusOf(error: unknown): number | undefined {
  const metadata: unknown = error instanceof Error ? Reflect.get(error, "$metadata") : undefined;
  const status: unknown = typeof metadata === "object" && metadata !== null ? Reflect.get(metadata, "httpStatusCode") : undefined;
  return typeof status === "number" ? status : undefined;
}
