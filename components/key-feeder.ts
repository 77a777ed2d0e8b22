import * as pulumi from "@pulumi/pulumi";
import {
  authorityFile,
  certificatesFolder,
  feederVariables,
  healthFile,
  type OperatorsFile,
  operatorNames,
  variables,
} from "../key-feeder/contract.ts";
import type { Settings } from "../model/settings.ts";
import { type AwsCredentials, awsAccess, awsSecret, bucketEnvironment, redisAccess, redisSecret } from "./aws-environment.ts";
import { type Certificates, certifiedHosts } from "./certificates.ts";
import type { ContainerArgs } from "./container.ts";
import type { LocalStack } from "./localstack.ts";
import { type PartResource, StackPart } from "./part.ts";
import type { PartContext } from "./part-context.ts";
import type { Redis } from "./redis.ts";
import { environmentFile, quotable, secretsPath } from "./secrets.ts";

/** Where it has the volume that it keeps keys in. */
export const keysFolder = "/keys";

export interface KeyFeederArgs {
  readonly context: PartContext;
  /** Id of the image that holds the key-feeder. */
  readonly image: pulumi.Input<string>;
  readonly credentials: AwsCredentials;
  readonly redis: Redis;
  readonly localstack: LocalStack;
  readonly certificates: Certificates;
  /** The role that the service will ask LocalStack's STS for; undefined where it asks another one. */
  readonly roleArn: string | undefined;
  readonly bootstrap: Settings["bootstrap"];
  readonly authorization: Settings["authorization"];
  /** What operators sign as the service's host. */
  readonly serviceHost: string;
  /** The service's secrets as JSON text; undefined for made-up values. */
  readonly secrets: pulumi.Input<string> | undefined;
  /** What it tells of the operators, once it answers. */
  readonly askOperators: () => Promise<OperatorsFile>;
  /** The operators' own keys as JSON text; undefined for those that it makes. */
  readonly operatorKeys: pulumi.Input<string> | undefined;
}

/**
 * Does what operators do by hand in production: makes the keys, puts shares and encrypted secrets into S3, and authorizes payments.
 * The private keys stay in a volume that no other container sees.
 *
 * @example new KeyFeeder("key-feeder", { context, image, credentials, redis, localstack, certificates, roleArn, bootstrap, authorization, serviceHost, askOperators, secrets: undefined, operatorKeys: undefined })
 */
export class KeyFeeder extends StackPart {
  readonly ready: Promise<PartResource>;
  /** What the operators have: secret, and known once it answers. */
  readonly operators: pulumi.Output<OperatorsFile>;
  /** Undefined where nodes share no volume. */
  private readonly shared: { readonly volume: string } | undefined;

  constructor(name: string, args: KeyFeederArgs, opts?: pulumi.ComponentResourceOptions) {
    super("KeyFeeder", "key-feeder", name, args.context, opts);
    const { context, certificates } = args;
    const { volumes } = context.names;
    const keys = this.volume("keys", volumes.keys);
    // A resource of its own, not the one of the name before: that is removed last, once no container of an older stack uses it.
    const publicKeys = this.volume("pubkeys", volumes.publicKeys);
    const content = environmentFile({
      ...awsSecret(args.credentials),
      ...redisSecret(args.redis.password),
      ...(args.secrets === undefined ? {} : { [feederVariables.secrets]: pulumi.output(args.secrets).apply(quotable) }),
      ...(args.operatorKeys === undefined ? {} : { [feederVariables.operatorKeys]: args.operatorKeys }),
    });
    this.ready = this.run(
      {
        image: args.image,
        command: ["node", `--env-file=${secretsPath(keysFolder)}`, "/app/key-feeder.mjs"],
        environment: {
          ...awsAccess(context, args.credentials),
          ...bucketEnvironment(context),
          ...(args.roleArn === undefined ? {} : { [variables.ledgerRole]: args.roleArn }),
          ...redisAccess(args.redis.tls),
          [feederVariables.stack]: context.names.stack,
          [feederVariables.keysDir]: keysFolder,
          [feederVariables.publicDir]: "/public",
          [feederVariables.bootstrap]: args.bootstrap,
          [feederVariables.authorization]: args.authorization.mode,
          [feederVariables.custodians]: args.authorization.custodians.join(","),
          [feederVariables.serviceHost]: args.serviceHost,
          [feederVariables.tlsDir]: certificatesFolder,
          [feederVariables.tlsHosts]: certifiedHosts(context.names).join(","),
        },
        check: { command: ["test", "-f", healthFile] },
        secrets: { volume: keys, folder: keysFolder, content },
        volumes: [
          { volume: volumes.keys, path: keysFolder },
          { volume: volumes.publicKeys, path: "/public" },
          { ...certificates.mount, readOnly: false },
        ],
      },
      Promise.all([
        context.network,
        keys,
        publicKeys,
        certificates.volume,
        args.localstack.ready,
        ...(args.redis.tls ? [] : [args.redis.ready]),
      ]),
    ).ready;
    this.operators = pulumi.secret(pulumi.output(this.ready.then(() => args.askOperators())));
    this.shared = context.swarm === undefined ? { volume: volumes.publicKeys } : undefined;
  }

  /**
   * How a program of the stack sees the operators' public keys and the authority's certificate.
   * @param folder where it looks for them
   */
  publicKeysAt(folder: string): Pick<ContainerArgs, "volumes" | "texts"> {
    if (this.shared !== undefined) return { volumes: [{ volume: this.shared.volume, path: folder, readOnly: true }] };
    const told = pulumi.unsecret(this.operators);
    const keys = operatorNames.map((operator) => ({
      path: `${folder}/${operator}.pub`,
      content: told.apply(({ operators }) => `${operators.find(({ name }) => name === operator)?.publicKey ?? ""}\n`),
    }));
    return { texts: [...keys, { path: `${folder}/${authorityFile}`, content: told.apply(({ authority = "" }) => authority) }] };
  }
}
