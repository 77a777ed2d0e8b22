import { randomBytes } from "node:crypto";
import type { S3Client } from "@aws-sdk/client-s3";
import { Redis } from "ioredis";
import { type ContainerSpec, Engine } from "../../docker/engine.ts";
import { ensureImages, type ImageRefs, imageRefs } from "../../images/build.ts";
import { feederVariables, healthFile, variables } from "../../key-feeder/contract.ts";
import { stackNames } from "../../model/names.ts";
import { s3Client } from "../../testing/clients.ts";
import { waitFor } from "../../testing/wait-for.ts";
import { locked } from "./locked.ts";

const label = "nitro.test.key-feeder";
const password = randomBytes(12).toString("hex");
/** As every container of a stack runs. */
const ours = locked(label);
const tmp = { "/tmp": "rw,nosuid,nodev,mode=1777" };
const redisStart = `printf 'requirepass %s\\n' "$REDIS_PASSWORD" | exec redis-server - --port 6380 --dir /data --appendonly yes --appendfsync always --save ''`;

/** A key-feeder with what it needs and nothing else: Redis and LocalStack, all of them our images, run as in a stack. */
export class Parts {
  readonly names = stackNames("e2e-key-feeder");
  readonly engine = Engine.connect();
  private readonly prefix = `nitro-test-${randomBytes(4).toString("hex")}`;
  readonly redis = `${this.prefix}-redis`;
  readonly localstack = `${this.prefix}-localstack`;
  readonly feeder = `${this.prefix}-key-feeder`;
  private readonly volumes = { keys: `${this.prefix}-keys`, public: `${this.prefix}-public`, redis: `${this.prefix}-redis` };
  private readonly clients: Redis[] = [];
  private refs: ImageRefs | undefined;

  /** Starts Redis and LocalStack. */
  async start(): Promise<void> {
    this.refs = imageRefs((await this.engine.ping()).arch);
    await ensureImages(this.engine, this.refs);
    await this.engine.createNetwork(this.prefix, { [label]: "1" });
    await this.run(this.redis, {
      image: this.refs.redis,
      command: ["sh", "-c", redisStart],
      env: { REDIS_PASSWORD: password },
      aliases: ["redis"],
      binds: [`${this.volumes.redis}:/data`],
      publish: [6380],
    });
    await this.run(this.localstack, {
      image: this.refs.localstack,
      env: { SERVICES: "s3,sts,iam", DISABLE_EVENTS: "1", SKIP_SSL_CERT_DOWNLOAD: "1", EAGER_SERVICE_LOADING: "1" },
      aliases: ["localstack", "s3.localstack"],
      tmpfs: { ...tmp, "/var/lib/localstack": "rw,nosuid,nodev,mode=1777,size=512m" },
      publish: [4566],
    });
  }

  /** Starts a key-feeder on the keys of the last one. @param env beside what a stack always gives */
  async startFeeder(env: Record<string, string> = {}): Promise<void> {
    await this.engine.removeContainer(this.feeder, { force: true });
    await this.run(this.feeder, {
      image: this.refs?.node ?? "",
      command: ["node", "/app/key-feeder.mjs"],
      env: { ...this.environment("redis:6380", "http://localstack:4566", "http://s3.localstack:4566"), ...env },
      binds: [`${this.volumes.keys}:/keys`, `${this.volumes.public}:/public`],
      memory: 256 * 1024 * 1024,
    });
  }

  /** What a stack tells its key-feeder, with addresses as seen from where it runs. */
  environment(redis: string, endpoint: string, s3Endpoint: string): Record<string, string> {
    return {
      [feederVariables.stack]: this.names.stack,
      AWS_REGION: this.names.region,
      AWS_ACCESS_KEY_ID: "NITROE2E",
      AWS_SECRET_ACCESS_KEY: "hunter2-aws",
      AWS_ENDPOINT_URL: endpoint,
      AWS_ENDPOINT_URL_S3: s3Endpoint,
      [variables.configBucket]: this.names.buckets.config,
      [variables.configObject]: this.names.configObject,
      [variables.sharesBucket]: this.names.buckets.shares,
      [variables.ledgerRole]: this.names.qldbRoleArn,
      [variables.redisAddress]: redis,
      [variables.redisPassword]: password,
      [feederVariables.serviceHost]: "service:18080",
    };
  }

  /** Healthy as the container's health check sees it. */
  async isHealthy(): Promise<boolean> {
    return (await this.engine.exec(this.feeder, ["test", "-f", healthFile])).exitCode === 0;
  }

  async healthy(): Promise<void> {
    await waitFor(() => this.isHealthy(), { what: "the key-feeder is healthy", timeoutMs: 60_000 });
  }

  /** What the key-feeder has logged since it was made, a line each. */
  async log(): Promise<string[]> {
    const lines: string[] = [];
    for await (const { line } of this.engine.logs(this.feeder)) lines.push(line);
    return lines;
  }

  /** The address on this host; another one after each start of the container. */
  async address(container: string, port: number): Promise<string> {
    const details = await this.engine.inspect(container);
    const published = details?.ports.find(({ containerPort }) => containerPort === port);
    if (published === undefined) throw new Error(`${container} publishes no port ${port}`);
    return `127.0.0.1:${published.hostPort}`;
  }

  async redisClient(): Promise<Redis> {
    const address = await this.address(this.redis, 6380);
    const client = new Redis(`redis://default:${password}@${address}`, { retryStrategy: () => 100 });
    client.on("error", () => undefined);
    this.clients.push(client);
    await waitFor(() => client.ping(), { what: "Redis answers" });
    return client;
  }

  async s3(): Promise<S3Client> {
    return s3Client({ localstackUrl: `http://${await this.address(this.localstack, 4566)}` });
  }

  async remove(): Promise<void> {
    for (const client of this.clients) client.disconnect();
    for (const name of [this.feeder, this.redis, this.localstack]) await this.engine.removeContainer(name, { force: true });
    for (const name of Object.values(this.volumes)) await this.engine.removeVolume(name);
    await this.engine.removeNetwork(this.prefix);
  }

  private async run(name: string, spec: ContainerSpec): Promise<void> {
    await this.engine.create(name, { ...ours, tmpfs: tmp, network: this.prefix, ...spec });
    await this.engine.start(name);
  }
}
