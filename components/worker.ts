import * as pulumi from "@pulumi/pulumi";
import type { StagedExecutable } from "../executable/staging.ts";
import { publicKeysFolder, variables } from "../key-feeder/contract.ts";
import { workingDir } from "../model/file-mounts.ts";
import { innerPorts } from "../model/names.ts";
import type { Executable } from "../model/outputs.ts";
import { redisAccess, redisSecret } from "./aws-environment.ts";
import { trustedFolders } from "./certificates.ts";
import { executableArgs, type ProgramArgs, runningExecutable } from "./executable.ts";
import type { KeyFeeder } from "./key-feeder.ts";
import { type PartResource, StackPart } from "./part.ts";
import type { PartContext } from "./part-context.ts";
import type { Redis } from "./redis.ts";

export interface WorkerArgs {
  readonly context: PartContext;
  /** Id of the image whose entry point verifies and runs the executable; one that holds the executable comes in its place. */
  readonly image: pulumi.Input<string>;
  readonly executable: pulumi.Input<StagedExecutable>;
  readonly program: ProgramArgs;
  /** The name on the network by which it is to know the service. */
  readonly serviceHost: string;
  readonly redis: Redis;
  readonly keyFeeder: KeyFeeder;
  /** The program may need the parts of a team's own as it starts. */
  readonly extras: Promise<unknown>;
}

/**
 * The worker opens no port: it is ready once it holds a connection to Redis (state 01 is ESTABLISHED, see proc_net_tcp of the Linux
 * kernel's documentation).
 */
const connected = `grep -qiE ':${innerPorts.redis.toString(16).padStart(4, "0")} 01 ' /proc/net/tcp /proc/net/tcp6`;

/**
 * The developer's executable as the payments worker.
 *
 * @example new Worker("worker", { context, image, executable, program, serviceHost, redis, keyFeeder })
 */
export class Worker extends StackPart {
  readonly executable: pulumi.Output<Executable>;
  readonly ready: Promise<PartResource>;

  constructor(name: string, args: WorkerArgs, opts?: pulumi.ComponentResourceOptions) {
    super("Worker", "worker", name, args.context, opts);
    const executable = pulumi.output(args.executable);
    const parts = [args.keyFeeder.ready, ...(args.redis.tls ? [args.redis.ready] : [])];
    const before = Promise.all([Promise.all(parts), args.extras]).then(([ready]) => ready);
    const { container, ready } = this.run(
      {
        ...executableArgs(executable, args.image, ["serve", "payments", "worker"], args.program),
        workingDir,
        environment: {
          // A program of others takes it by its environment alone.
          ...redisAccess(args.redis.tls),
          ...redisSecret(args.redis.password),
          [variables.apiBase]: `http://${args.serviceHost}`,
          [variables.mocking]: "1",
          [variables.environment]: "development",
          DEBUG: "1",
          ...(args.redis.tls ? trustedFolders : {}),
          ...args.program.env,
        },
        check: { command: ["sh", "-c", connected] },
        ...args.keyFeeder.publicKeysAt(`${workingDir}/${publicKeysFolder}`),
      },
      before,
    );
    this.executable = runningExecutable(container);
    this.ready = ready;
  }
}
