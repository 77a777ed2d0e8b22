import * as pulumi from "@pulumi/pulumi";
import type { StackContext } from "../stacks/context.ts";
import { innerPorts, labels } from "../stacks/names.ts";
import type { Executable } from "../stacks/outputs.ts";
import type { StagedExecutable } from "../stacks/staging.ts";
import { type AwsCredentials, awsEnvironment } from "./aws-environment.ts";
import { stackContainer } from "./container.ts";
import { binPath, executableCommand, runningExecutable } from "./executable.ts";
import type { KeyFeeder } from "./key-feeder.ts";
import type { Ledger } from "./ledger.ts";

export interface ServiceArgs {
  readonly context: StackContext;
  /** Id of the image whose entry point verifies and runs the mounted executable. */
  readonly image: pulumi.Input<string>;
  readonly executable: pulumi.Input<StagedExecutable>;
  readonly credentials: AwsCredentials;
  readonly ledger: Ledger;
  readonly keyFeeder: KeyFeeder;
}

const port = innerPorts.service;
const commandLine = [
  ...["serve", "nitro", "inside-enclave", "--egress-address", "none", "--log-address", "none"],
  ...["--upstream-url", "http://0.0.0.0:8080"],
];

/**
 * The developer's executable as the payments service.
 *
 * @example new Service("service", { context, image, executable, credentials, ledger, keyFeeder })
 */
export class Service extends pulumi.ComponentResource {
  /** Where it answers on the host. */
  readonly url: string;
  readonly executable: pulumi.Output<Executable>;
  /** Resolves once the service answers. */
  readonly ready: Promise<void>;

  constructor(name: string, args: ServiceArgs, opts?: pulumi.ComponentResourceOptions) {
    super("nitro:component:Service", name, {}, opts);
    const { context, ledger } = args;
    const executable = pulumi.output(args.executable);
    const check = { command: ["curl", "-fsS", "-o", "/dev/null", `http://127.0.0.1:${port}/health-check`] };
    const endpoint = ledger.innerEndpoint;
    const container = stackContainer(
      context,
      {
        role: "service",
        image: args.image,
        command: executableCommand(executable, commandLine),
        workingDir: "/payments",
        environment: {
          ...awsEnvironment(context, args.credentials),
          NITRO_ENCLAVE_MOCKING: "1",
          ADDR: `0.0.0.0:${port}`,
          DEBUG: "1",
          ENV: "development",
          ENVIRONMENT: "development",
          ...(endpoint === undefined ? {} : { AWS_ENDPOINT_URL_QLDB_SESSION: endpoint, AWS_ENDPOINT_URL_QLDB: endpoint }),
          QLDB_LEDGER_NAME: ledger.name,
          QLDB_LEDGER_ARN: ledger.arn,
          QLDB_ROLE_ARN: ledger.roleArn,
          ENCLAVE_SOLANA_ADDRESS_NAME: "",
        },
        check,
        labels: { [labels.executable]: executable.sha256 },
        memory: 512,
        volumes: [{ volume: context.names.volumes.publicKeys, path: "/payments/payment-test/secrets", readOnly: true }],
        folders: [{ host: executable.folder, path: binPath }],
      },
      { parent: this, dependsOn: Promise.all([args.keyFeeder.ready, ledger.ready]) },
    );
    this.executable = runningExecutable(container);
    this.ready = context.healthy("service", container.id, check);
    this.url = `http://127.0.0.1:${context.ports.service}`;
    this.registerOutputs({});
  }
}
