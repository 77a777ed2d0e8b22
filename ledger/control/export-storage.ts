import { setTimeout as wait } from "node:timers/promises";
import type { ExportTarget } from "./export-description.ts";

/** A connection to S3 for one export. */
export interface ExportConnection {
  /** Puts an object. @throws Error whose name is S3's code where S3 refuses */
  put(key: string, content: Buffer, contentType: string, signal: AbortSignal): Promise<void>;
  close(): void;
}

/** Where exports go. */
export interface ExportStorage {
  /** Why nothing can be exported; undefined where it can. */
  readonly problem: string | undefined;
  /** @param attempts of each object, where S3 fails rather than refuses */
  connect(target: ExportTarget, attempts: number): Promise<ExportConnection>;
}

/** Before the second attempt, in ms; twice as long before each further one. */
const firstWait = 250;

const needed = ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"] as const;

/**
 * The S3 that the SDKs' own variables name. An endpoint has to be named, even AWS's own: a journal never leaves for a place that nobody chose.
 * The client is loaded with the first export, since a start has no use for it.
 */
export function storageFromEnvironment(env: NodeJS.ProcessEnv): ExportStorage {
  const endpoint = env.AWS_ENDPOINT_URL_S3 || env.AWS_ENDPOINT_URL || "";
  const missing = [...(endpoint === "" ? ["AWS_ENDPOINT_URL_S3 (or AWS_ENDPOINT_URL)"] : []), ...needed.filter((name) => !env[name])];
  return {
    problem: missing.length === 0 ? undefined : `the ledger has no S3 to export to: its environment lacks ${missing.join(", ")}`,
    connect: async ({ bucket, encryption }, attempts) => {
      const { PutObjectCommand, S3Client } = await import("@aws-sdk/client-s3");
      const client = new S3Client({
        endpoint,
        region: env.AWS_REGION || "us-east-1",
        // A bucket as part of the host's name would need a name server that knows it.
        forcePathStyle: true,
        credentials: {
          accessKeyId: env.AWS_ACCESS_KEY_ID ?? "",
          secretAccessKey: env.AWS_SECRET_ACCESS_KEY ?? "",
          ...(env.AWS_SESSION_TOKEN ? { sessionToken: env.AWS_SESSION_TOKEN } : {}),
        },
        // Attempts are counted here: the client's own waits between them cannot be interrupted.
        maxAttempts: 1,
        requestHandler: { connectionTimeout: 2_000, requestTimeout: 30_000, throwOnRequestTimeout: true },
      });
      const { type, kmsKeyArn } = encryption;
      const encrypted =
        type === "SSE_S3"
          ? { ServerSideEncryption: "AES256" as const }
          : type === "SSE_KMS"
            ? { ServerSideEncryption: "aws:kms" as const, ...(kmsKeyArn === undefined ? {} : { SSEKMSKeyId: kmsKeyArn }) }
            : {};
      return {
        put: async (key, content, contentType, signal) => {
          const command = new PutObjectCommand({ Bucket: bucket, Key: key, Body: content, ContentType: contentType, ...encrypted });
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
    },
  };
}

/** Whether S3 answered, and would answer the same again. */
function isRefusal(error: unknown): boolean {
  const metadata: unknown = error instanceof Error ? Reflect.get(error, "$metadata") : undefined;
  const status: unknown = typeof metadata === "object" && metadata !== null ? Reflect.get(metadata, "httpStatusCode") : undefined;
  return typeof status === "number" && status < 500 && status !== 429;
}
