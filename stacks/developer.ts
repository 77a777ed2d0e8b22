import { setImmediate as othersTurn } from "node:timers/promises";
import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import type { AwsLedger } from "../components/aws-ledger.ts";
import { Certificates } from "../components/certificates.ts";
import { KeyFeeder } from "../components/key-feeder.ts";
import { LocalLedger } from "../components/ledger.ts";
import { LocalStack } from "../components/localstack.ts";
import { Network } from "../components/network.ts";
import { partContext } from "../components/part-context.ts";
import { Redis } from "../components/redis.ts";
import { ImageRegistry } from "../components/registry.ts";
import { Service } from "../components/service.ts";
import { Worker } from "../components/worker.ts";
import type { ImageRefs } from "../images/build.ts";
import type { StackImageRole } from "../images/inputs.ts";
import type { StackOutputs } from "../model/outputs.ts";
import { stackType } from "../model/urns.ts";
import { declareExtras } from "./extras.ts";
import type { PreparedStack } from "./prepare.ts";

/** What the program exports. */
export type DeclaredOutputs = { readonly [Name in keyof Required<StackOutputs>]: pulumi.Output<StackOutputs[Name]> };

/** What a stack is declared from. */
export interface DeveloperArgs extends PreparedStack {
  /** Only in ledger mode aws: it is there before anything else is. */
  readonly awsLedger?: AwsLedger | undefined;
}

/**
 * A developer's own environment: network → redis, localstack, ledger → key-feeder → service and worker.
 *
 * @example new DeveloperStack("nitro", await prepareStack(root))
 */
export class DeveloperStack extends pulumi.ComponentResource {
  /** What the stack tells its users. They are known once everything answers. */
  readonly outputs: DeclaredOutputs;
  /** Resolves once the parts of a team's own are declared; rejects where their module fails. */
  readonly declared: Promise<void>;
  /** Resolves once everything answers that service and worker need. */
  readonly neighbours: Promise<unknown>;

  constructor(name: string, args: DeveloperArgs, opts?: pulumi.ComponentResourceOptions) {
    super(stackType, name, {}, opts);
    const { awsLedger } = args;
    const { names, ports } = args.context;
    const inside = { parent: this };
    const images = this.createImages(args.images);
    const credentials = {
      accessKeyId: `NITRO${names.stack.replaceAll("-", "").toUpperCase()}`.padEnd(20, "0").slice(0, 20),
      secretAccessKey: new random.RandomPassword("aws-secret-key", { length: 40, special: false }, inside).result,
    };
    const { network } = new Network("network", { context: args.context }, inside);
    const registryThere = Promise.withResolvers<unknown>();
    const context = partContext(args.context, network, this, registryThere.promise);
    const { swarm } = args.context;
    registryThere.resolve(swarm && new ImageRegistry("registry", { context, swarm }).ready);
    const certificates = new Certificates("certificates", { context }, inside);
    const certified = Promise.withResolvers<pulumi.Resource>();
    const tls = args.settings.redis.tls ? { certificates, there: certified.promise } : undefined;
    const redis = new Redis("redis", { context, image: images.redis, tls });
    const localstack = new LocalStack("localstack", {
      ...{ context, image: images.localstack },
      services: awsLedger === undefined ? ["s3", "sts", "iam"] : ["s3"],
      // Another image need not know ours, and who mounts an empty volume first lends it the owner of its folder.
      certificates: args.settings.images.localstack === undefined ? certificates : undefined,
    });
    const ledger = awsLedger ?? new LocalLedger("ledger", { context, image: images.node, credentials, certificates });
    const extras = declareExtras(args.extras, context);
    this.declared = extras.declared;
    const { bootstrap, authorization, payout } = args.settings;
    const { host } = args.settings.service;
    const { secrets, operatorKeys } = args;
    const keyFeeder = new KeyFeeder("key-feeder", {
      ...{ context, image: images.node, credentials, redis, localstack, certificates, bootstrap, authorization, secrets, operatorKeys },
      askOperators: args.context.operators,
      serviceHost: host,
      roleArn: awsLedger === undefined ? names.qldbRoleArn : undefined,
    });
    certified.resolve(keyFeeder.ready);
    this.neighbours = Promise.all([ledger.ready, keyFeeder.ready, extras.ready, ...(redis.tls ? [redis.ready] : [])]);
    const { executable, programs } = args;
    const { custodians } = payout;
    const ofService = { context, image: images.base, executable, program: programs.service, host, custodians, extras: extras.ready };
    const service = new Service("service", { ...ofService, trusting: redis.tls, ledger, keyFeeder });
    // Pulumi plans one after the other, and it is the service that people wait for.
    const afterService = pulumi.output(executable).apply((value) => Promise.all([args.workerMayStart, othersTurn()]).then(() => value));
    const ofWorker = {
      context,
      image: images.base,
      executable: afterService,
      program: programs.worker,
      serviceHost: host,
      extras: extras.ready,
    };
    const worker = new Worker("worker", { ...ofWorker, redis, keyFeeder });
    const ready = Promise.all([service.ready, worker.ready, ledger.ready]);
    // One by one: an output is secret as a whole, and only one of these is.
    const once = <T>(value: pulumi.Input<T>): pulumi.Output<T> =>
      pulumi.output(ready).apply(() => pulumi.output(value) as pulumi.Output<T>);
    this.outputs = {
      serviceUrl: once(service.url),
      serviceHost: once(host),
      redisUrl: once(redis.url),
      aws: once(pulumi.secret({ region: names.region, ...credentials })),
      localstackUrl: once(localstack.url),
      localstackHttpsUrl: once(localstack.httpsUrl),
      ledgerEndpoint: once(ledger.endpoint),
      ledgerHttpsEndpoint: once(ledger.httpsEndpoint),
      ledgerName: once(ledger.name),
      ledgerArn: once(ledger.arn),
      qldbRoleArn: once(ledger.roleArn),
      buckets: once(names.buckets),
      operators: once(keyFeeder.operators.operators),
      vaultPublicKey: once(pulumi.unsecret(keyFeeder.operators.vault)),
      caCertificate: once(pulumi.unsecret(keyFeeder.operators.apply(({ authority }) => authority))),
      payout: once({ custodian: payout.custodian, currency: payout.currency, from: payout.from }),
      authorization: once(authorization),
      madeBy: once(args.madeBy),
      network: once(names.network),
      ports: once(ports),
      service: once(service.executable),
      worker: once(worker.executable),
    };
    this.registerOutputs({});
  }

  /** Declared, so that state says what the stack runs on; never deleted, since other stacks use the same ones. */
  private createImages(refs: ImageRefs): Record<StackImageRole, pulumi.Output<string>> {
    const image = (role: StackImageRole) =>
      new docker.RemoteImage(`${role}-image`, { name: refs[role], keepLocally: true }, { parent: this }).imageId;
    return { base: image("base"), redis: image("redis"), localstack: image("localstack"), node: image("node") };
  }
}
