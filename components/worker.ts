import * as pulumi from "@pulumi/pulumi";
import type { StagedExecutable } from "../executable/staging.ts";
import { innerPorts } from "../model/names.ts";
import type { Executable } from "../model/outputs.ts";
import { redisEnvironment } from "./aws-environment.ts";
import { stackContainer } from "./container.ts";
import type { StackContext } from "./context.ts";
import { executableArgs, runningExecutable } from "./executable.ts";
import type { KeyFeeder } from "./key-feeder.ts";
import type { Redis } from "./redis.ts";

export interface WorkerArgs {
  readonly context: StackContext;
  /** Id of the image whose entry point verifies and runs the executable; one that holds the executable comes in its place. */
  readonly image: pulumi.Input<string>;
  readonly executable: pulumi.Input<StagedExecutable>;
  readonly redis: Redis;
  readonly keyFeeder: KeyFeeder;
}

/**
 * The worker opens no port: it is ready once it holds a connection to Redis (state 01 is ESTABLISHED, see proc_net_tcp of the Linux
 * kernel's documentation).
 */
const connected = `grep -qiE ':${innerPorts.redis.toString(16).padStart(4, "0")} 01 ' /proc/net/tcp /proc/net/tcp6`;

/**
 * The developer's executable as the payments worker.
 *
 * @example new Worker("worker", { context, image, executable, redis, keyFeeder })
 */
export class Worker extends pulumi.ComponentResource {
  readonly executable: pulumi.Output<Executable>;
  /** Resolves once the worker is connected. */
  readonly ready: Promise<void>;

  constructor(name: string, args: WorkerArgs, opts?: pulumi.ComponentResourceOptions) {
    super("nitro:component:Worker", name, {}, opts);
    const { context } = args;
    const executable = pulumi.output(args.executable);
    const check = { command: ["sh", "-c", connected] };
    const container = stackContainer(
      context,
      {
        role: "worker",
        ...executableArgs(executable, args.image, ["serve", "payments", "worker"]),
        workingDir: "/payments",
        environment: {
          ...redisEnvironment(args.redis.password),
          NITRO_API_BASE: `http://service:${innerPorts.service}`,
          NITRO_ENCLAVE_MOCKING: "1",
          ENVIRONMENT: "development",
          DEBUG: "1",
        },
        check,
        memory: 256,
        volumes: [{ volume: context.names.volumes.publicKeys, path: "/payments/payment-test/secrets", readOnly: true }],
      },
      { parent: this, dependsOn: args.keyFeeder.ready },
    );
    this.executable = runningExecutable(container);
    this.ready = context.healthy("worker", container.id, check);
    this.registerOutputs({});
  }
}
