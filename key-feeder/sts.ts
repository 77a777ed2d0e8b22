import { AssumeRoleCommand, STSClient } from "@aws-sdk/client-sts";
import type { Aws } from "./settings.ts";

/**
 * Calls STS as the service is about to: LocalStack loads it on the first call, for seconds, and the service's own timeouts are short.
 * @throws where STS does not answer
 */
export async function warmSts(aws: Aws, roleArn: string): Promise<void> {
  const client = new STSClient({
    region: aws.region,
    endpoint: aws.endpoint,
    credentials: { accessKeyId: aws.accessKeyId, secretAccessKey: aws.secretAccessKey },
    maxAttempts: 1,
    requestHandler: { connectionTimeout: 1_000, requestTimeout: 20_000, throwOnRequestTimeout: true },
  });
  try {
    await client.send(new AssumeRoleCommand({ RoleArn: roleArn, RoleSessionName: "key-feeder", DurationSeconds: 900 }));
  } finally {
    client.destroy();
  }
}
