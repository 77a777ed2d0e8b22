import type * as pulumi from "@pulumi/pulumi";
import { innerPorts, ledgerDataFolder, localAccount } from "../model/names.ts";
import { type AwsCredentials, awsAccess, awsSecret } from "./aws-environment.ts";
import { type Certificates, serverPem } from "./certificates.ts";
import type { StackLedger } from "./ledger-contract.ts";
import { type PartResource, StackPart } from "./part.ts";
import type { PartContext } from "./part-context.ts";
import { environmentFile, secretsPath } from "./secrets.ts";

export interface LedgerArgs {
  readonly context: PartContext;
  /** Id of the image that holds the ledger server. */
  readonly image: pulumi.Input<string>;
  /** For exports of the journal to the stack's S3. It starts without waiting for that. */
  readonly credentials: AwsCredentials;
  readonly certificates: Certificates;
}

const port = innerPorts.ledger;

/**
 * The ledger of a stack as the QLDB-compatible server of this repository.
 *
 * @example new Ledger("ledger", { context, image, credentials, certificates })
 */
export class LocalLedger extends StackPart implements StackLedger {
  /** Where it answers on the host. */
  readonly endpoint: string;
  /** The same port. */
  readonly httpsEndpoint: string;
  readonly access: StackLedger["access"];
  readonly volumes: StackLedger["volumes"] = [];
  readonly labels = {};
  readonly name: string;
  readonly arn: string;
  readonly roleArn: string;
  readonly ready: Promise<PartResource>;

  constructor(name: string, args: LedgerArgs, opts?: pulumi.ComponentResourceOptions) {
    super("Ledger", "ledger", name, args.context, opts);
    const { context, certificates } = args;
    this.name = context.names.ledgerName;
    this.arn = context.names.ledgerArn;
    this.roleArn = context.names.qldbRoleArn;
    const inner = `http://ledger:${port}`;
    const secret = awsSecret(args.credentials);
    this.access = {
      ...awsAccess(context, args.credentials),
      ...secret,
      AWS_ENDPOINT_URL_QLDB_SESSION: inner,
      AWS_ENDPOINT_URL_QLDB: inner,
    };
    const address = `127.0.0.1:${context.ports.ledger}`;
    this.endpoint = `http://${address}`;
    this.httpsEndpoint = `https://${address}`;
    const data = this.volume("data", context.names.volumes.ledger);
    this.ready = this.run(
      {
        image: args.image,
        command: ["node", `--env-file=${secretsPath(ledgerDataFolder)}`, "/app/ledger.mjs"],
        environment: {
          ...awsAccess(context, args.credentials),
          LEDGER_NAME: this.name,
          LEDGER_DIR: ledgerDataFolder,
          LEDGER_HOST: "0.0.0.0",
          LEDGER_PORT: String(port),
          LEDGER_REGION: context.names.region,
          LEDGER_ACCOUNT: localAccount,
          LEDGER_TLS_FILE: serverPem,
        },
        check: { command: ["curl", "-fsS", "-o", "/dev/null", `http://127.0.0.1:${port}/healthz`] },
        publish: { inner: port, port: context.ports.ledger },
        secrets: { volume: data, folder: ledgerDataFolder, content: environmentFile(secret) },
        volumes: [{ volume: context.names.volumes.ledger, path: ledgerDataFolder }, certificates.mount],
      },
      [context.network, data, certificates.volume],
    ).ready;
  }
}
