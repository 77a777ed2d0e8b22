import type * as pulumi from "@pulumi/pulumi";
import { variables } from "../key-feeder/contract.ts";
import { innerPorts } from "../model/names.ts";
import type { StackContext } from "./context.ts";

/** Made-up credentials of a stack: LocalStack takes any. */
export interface AwsCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: pulumi.Input<string>;
}

/** S3 has an endpoint of its own: the SDKs put the bucket before its host name, and only below `s3.` LocalStack takes that for a bucket. */
export const s3Endpoint = `http://s3.localstack:${innerPorts.localstack}`;

/** Where a stack's AWS answers, and as whom to ask; `awsSecret` belongs to it. */
export function awsAccess(context: Pick<StackContext, "names">, credentials: AwsCredentials): Record<string, string> {
  const port = innerPorts.localstack;
  return {
    AWS_REGION: context.names.region,
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_ENDPOINT_URL: `http://localstack:${port}`,
    AWS_ENDPOINT_URL_S3: s3Endpoint,
  };
}

export function awsSecret(credentials: AwsCredentials): Record<string, pulumi.Input<string>> {
  return { AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey };
}

/** Where the operators' shares and the encrypted secrets are. */
export function bucketEnvironment(context: Pick<StackContext, "names">): Record<string, string> {
  return {
    [variables.configBucket]: context.names.buckets.config,
    [variables.configObject]: context.names.configObject,
    [variables.sharesBucket]: context.names.buckets.shares,
  };
}

/** Where a stack's Redis answers, and as whom to ask; `redisSecret` belongs to it. */
export function redisAccess(tls: boolean): Record<string, string> {
  const access = { [variables.redisAddress]: `redis:${innerPorts.redis}`, [variables.redisUser]: "default" };
  return tls ? { ...access, [variables.redisTls]: "1" } : access;
}

export function redisSecret(password: pulumi.Input<string>): Record<string, pulumi.Input<string>> {
  return { [variables.redisPassword]: password };
}
