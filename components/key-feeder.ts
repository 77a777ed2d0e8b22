import type * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { innerPorts } from "../model/names.ts";
import type { Settings } from "../model/settings.ts";
import { type AwsCredentials, awsAccess, bucketEnvironment, redisEnvironment } from "./aws-environment.ts";
import { stackContainer } from "./container.ts";
import type { StackContext } from "./context.ts";
import type { LocalStack } from "./localstack.ts";
import type { Redis } from "./redis.ts";
import { stackVolume } from "./volume.ts";

export interface KeyFeederArgs {
  readonly context: StackContext;
  /** Id of the image that holds the key-feeder. */
  readonly image: pulumi.Input<string>;
  readonly network: pulumi.Resource;
  readonly credentials: AwsCredentials;
  readonly redis: Redis;
  readonly localstack: LocalStack;
  /** The role that the service will ask LocalStack's STS for; undefined where it asks another one. */
  readonly roleArn: string | undefined;
  readonly bootstrap: Settings["bootstrap"];
  readonly authorization: Settings["authorization"];
  /** The service's secrets as JSON text; undefined for made-up values. */
  readonly secrets: pulumi.Input<string> | undefined;
}

/**
 * Does what operators do by hand in production: makes the keys, puts shares and encrypted secrets into S3, and authorizes payments.
 * The private keys stay in a volume that no other container sees.
 *
 * @example new KeyFeeder("key-feeder", { context, image, network, credentials, redis, localstack, roleArn, bootstrap, authorization, secrets: undefined })
 */
export class KeyFeeder extends pulumi.ComponentResource {
  /** What waits for the keys depends on this. */
  readonly ready: Promise<docker.Container>;

  constructor(name: string, args: KeyFeederArgs, opts?: pulumi.ComponentResourceOptions) {
    super("nitro:component:KeyFeeder", name, {}, opts);
    const { context } = args;
    const { volumes } = context.names;
    const keys = stackVolume(`${name}-keys`, context, "key-feeder", volumes.keys, { parent: this });
    // A resource of its own, not the one of the name before: that is removed last, once no container of an older stack uses it.
    const publicKeys = stackVolume(`${name}-pubkeys`, context, "key-feeder", volumes.publicKeys, { parent: this });
    const check = { command: ["test", "-f", "/tmp/healthy"] };
    const dependencies = Promise.all([args.network, keys, publicKeys, args.redis.ready, args.localstack.ready]);
    const container = stackContainer(
      context,
      {
        role: "key-feeder",
        image: args.image,
        command: ["node", "/app/key-feeder.mjs"],
        environment: {
          ...awsAccess(context, args.credentials),
          ...bucketEnvironment(context),
          ...(args.roleArn === undefined ? {} : { QLDB_ROLE_ARN: args.roleArn }),
          ...redisEnvironment(args.redis.password),
          NITRO_STACK: context.names.stack,
          KEYS_DIR: "/keys",
          PUBLIC_DIR: "/public",
          BOOTSTRAP: args.bootstrap,
          AUTHORIZATION: args.authorization.mode,
          AUTHORIZATION_CUSTODIANS: args.authorization.custodians.join(","),
          SERVICE_HOST: `service:${innerPorts.service}`,
          ...(args.secrets === undefined ? {} : { NITRO_SECRETS: args.secrets }),
        },
        check,
        memory: 256,
        volumes: [
          { volume: volumes.keys, path: "/keys" },
          { volume: volumes.publicKeys, path: "/public" },
        ],
      },
      { parent: this, dependsOn: dependencies },
    );
    this.ready = context.healthy("key-feeder", container.id, check).then(() => container);
    this.registerOutputs({});
  }
}
