import type { ExportConnection } from "./export-connection.ts";
import type { ExportTarget } from "./export-description.ts";

/** Where exports go. */
export interface ExportStorage {
  /** Why nothing can be exported; undefined where it can. */
  readonly problem: string | undefined;
  /** @param attempts of each object, where S3 fails rather than refuses */
  connect(target: ExportTarget, attempts: number): Promise<ExportConnection>;
}

const needed = ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"] as const;

/** The S3 that the SDKs' own variables name. An endpoint has to be named, even AWS's own: a journal never leaves for a place that nobody chose. */
export function storageFromEnvironment(env: NodeJS.ProcessEnv): ExportStorage {
  const access = {
    endpoint: env.AWS_ENDPOINT_URL_S3 || env.AWS_ENDPOINT_URL || "",
    region: env.AWS_REGION || "us-east-1",
    accessKeyId: env.AWS_ACCESS_KEY_ID ?? "",
    secretAccessKey: env.AWS_SECRET_ACCESS_KEY ?? "",
    sessionToken: env.AWS_SESSION_TOKEN || undefined,
  };
  const missing = [
    ...(access.endpoint === "" ? ["AWS_ENDPOINT_URL_S3 (or AWS_ENDPOINT_URL)"] : []),
    ...needed.filter((name) => !env[name]),
  ];
  return {
    problem: missing.length === 0 ? undefined : `the ledger has no S3 to export to: its environment lacks ${missing.join(", ")}`,
    connect: async (target, attempts) => {
      // Loaded with the first export: a start has no use for it.
      const { connectS3 } = await import("./export-client.ts");
      return connectS3(access, target, attempts);
    },
  };
}
