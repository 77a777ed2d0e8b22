import { setTimeout as wait } from "node:timers/promises";
import { PutObjectCommand, type PutObjectCommandInput, S3Client } from "@aws-sdk/client-s3";
import type { ExportConnection } from "./export-connection.ts";
import type { ExportTarget } from "./export-description.ts";

/** Before the second attempt, in ms; twice as long before each further one. */
const firstWait = 250;

/** Where S3 answers, and who asks. */
export interface S3Access {
  readonly endpoint: string;
  readonly region: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string | undefined;
}

/** @param attempts of each object, where S3 fails rather than refuses */
export function connectS3(access: S3Access, { bucket, encryption }: ExportTarget, attempts: number): ExportConnection {
  const { endpoint, region, accessKeyId, secretAccessKey, sessionToken } = access;
  const client = new S3Client({
    endpoint,
    region,
    // A bucket as part of the host's name would need a name server that knows it.
    forcePathStyle: true,
    credentials: { accessKeyId, secretAccessKey, sessionToken },
    // Attempts are counted here: the client's own waits between them cannot be interrupted.
    maxAttempts: 1,
    requestHandler: { connectionTimeout: 2_000, requestTimeout: 30_000, throwOnRequestTimeout: true },
  });
  return {
    put: async (key, content, contentType, signal) => {
      const command = new PutObjectCommand({ Bucket: bucket, Key: key, Body: content, ContentType: contentType, ...encrypted(encryption) });
      for (let attempt = 1; ; attempt++) {
        try {
          await client.send(command, { abortSignal: signal });
          return;
        } catch (error) {
          if (signal.aborted || attempt >= attempts || isRefusal(error)) throw error;
          await wait(firstWait * 2 ** (attempt - 1), undefined, { signal });
        }
      }
    },
    close: () => client.destroy(),
  };
}

function encrypted({ type, kmsKeyArn }: ExportTarget["encryption"]): Pick<PutObjectCommandInput, "ServerSideEncryption" | "SSEKMSKeyId"> {
  if (type === "NO_ENCRYPTION") return {};
  return type === "SSE_S3" ? { ServerSideEncryption: "AES256" } : { ServerSideEncryption: "aws:kms", SSEKMSKeyId: kmsKeyArn };
}

/** Whether S3 answered, and would answer the same again. */
function isRefusal(error: unknown): boolean {
  const metadata: unknown = error instanceof Error ? Reflect.get(error, "$metadata") : undefined;
  const status: unknown = typeof metadata === "object" && metadata !== null ? Reflect.get(metadata, "httpStatusCode") : undefined;
  return typeof status === "number" && status < 500 && status !== 429;
}
