import * as pulumi from "@pulumi/pulumi";
import type { StagedExecutable } from "../executable/staging.ts";
import { publicKeysFolder, variables } from "../key-feeder/contract.ts";
import { workingDir } from "../model/file-mounts.ts";
import { innerPorts } from "../model/names.ts";
import type { Executable } from "../model/outputs.ts";
import { bucketEnvironment } from "./aws-environment.ts";
import { trustedFolders } from "./certificates.ts";
import { executableArgs, type ProgramArgs, runningExecutable } from "./executable.ts";
import type { KeyFeeder } from "./key-feeder.ts";
import type { StackLedger } from "./ledger-contract.ts";
import { type PartResource, StackPart } from "./part.ts";
import type { PartContext } from "./part-context.ts";

export interface ServiceArgs {
  readonly context: PartContext;
  /** Id of the image whose entry point verifies and runs the executable; one that holds the executable comes in its place. */
  readonly image: pulumi.Input<string>;
  readonly executable: pulumi.Input<StagedExecutable>;
  readonly program: ProgramArgs;
  /** The name on the network by which its clients know it, at port 80. */
  readonly host: string;
  /** What it is told to take payments of; its own list where this is empty. */
  readonly custodians: readonly string[];
  /** Whether it is to trust the stack's certificate authority. */
  readonly trusting: boolean;
  readonly ledger: StackLedger;
  readonly keyFeeder: KeyFeeder;
  /** The program may need the parts of a team's own as it starts. */
  readonly extras: Promise<unknown>;
}

const port = innerPorts.service;
const commandLine = [
  ...["serve", "nitro", "inside-enclave", "--egress-address", "none", "--log-address", "none"],
  ...["--upstream-url", "http://0.0.0.0:8080"],
];

const answers = `curl -fsS -o /dev/null http://127.0.0.1:${port}/health-check`;

/** For images that are not made here and lack curl: the port listens (state 0A, see proc_net_tcp of the Linux kernel's documentation). */
const listens = `grep -qiE ':${port.toString(16).padStart(4, "0")} [0-9a-f]+:0000 0A ' /proc/net/tcp /proc/net/tcp6`;

/**
 * The developer's executable as the payments service.
 *
 * @example new Service("service", { context, image, executable, program, host, custodians: [], trusting: false, ledger, keyFeeder })
 */
export class Service extends StackPart {
  /** Where it answers on the host. */
  readonly url: string;
  readonly executable: pulumi.Output<Executable>;
  readonly ready: Promise<PartResource>;

  constructor(name: string, args: ServiceArgs, opts?: pulumi.ComponentResourceOptions) {
    super("Service", "service", name, args.context, opts);
    const { context, ledger } = args;
    const executable = pulumi.output(args.executable);
    const { keyFeeder, extras } = args;
    const before: Promise<pulumi.Resource[]> = Promise.all([keyFeeder.ready, ledger.ready, extras]).then(([feeder, ofLedger]) => [
      feeder,
      ofLedger,
    ]);
    const publicKeys = keyFeeder.publicKeysAt(`${workingDir}/${publicKeysFolder}`);
    const program = executableArgs(executable, args.image, commandLine, args.program);
    const { container, ready } = this.run(
      {
        ...program,
        labels: { ...program.labels, ...ledger.labels },
        workingDir,
        environment: {
          ...ledger.access,
          ...bucketEnvironment(context),
          [variables.mocking]: "1",
          [variables.address]: `0.0.0.0:${port}`,
          DEBUG: "1",
          ENV: "development",
          [variables.environment]: "development",
          [variables.ledgerName]: ledger.name,
          [variables.ledgerArn]: ledger.arn,
          [variables.ledgerRole]: ledger.roleArn,
          [variables.solanaAddress]: "",
          ...(args.custodians.length === 0 ? {} : { [variables.custodians]: args.custodians.join(",") }),
          ...(args.trusting ? trustedFolders : {}),
          ...args.program.env,
        },
        aliases: [args.host],
        lowPort: true,
        check: { command: ["sh", "-c", `if command -v curl >/dev/null; then ${answers}; else ${listens}; fi`] },
        publish: { inner: port, port: context.ports.service },
        volumes: [...(publicKeys.volumes ?? []), ...ledger.volumes],
        texts: publicKeys.texts,
      },
      before,
    );
    this.executable = runningExecutable(container);
    this.ready = ready;
    this.url = `http://127.0.0.1:${context.ports.service}`;
  }
}
