import { Role } from "@pulumi/aws/iam/role.js";
import { RolePolicy } from "@pulumi/aws/iam/rolePolicy.js";
import { Provider } from "@pulumi/aws/provider.js";
import { Ledger as QldbLedger } from "@pulumi/aws/qldb/ledger.js";
import * as pulumi from "@pulumi/pulumi";
import { awsEndpoint, overridden } from "../model/aws-settings.ts";
import { labels } from "../model/names.ts";
import type { Settings } from "../model/settings.ts";
import { s3Endpoint } from "./aws-environment.ts";
import type { AwsIdentity } from "./aws-policies.ts";
import { ledgerPolicy, trustPolicy } from "./aws-policies.ts";
import { resourceLabels, type StackContext } from "./context.ts";
import type { StackLedger } from "./ledger-contract.ts";
import { stackVolume } from "./volume.ts";

/** The folder of the service's container that holds the file. */
export const credentialsFolder = "/nitro/aws";
export const credentialsFile = `${credentialsFolder}/credentials`;

/** What a stack in ledger mode aws knows of AWS before anything is declared. */
export interface AwsStack {
  readonly settings: Settings["aws"];
  /** The developer, whom the role will trust. */
  readonly identity: AwsIdentity;
  /**
   * Sees that the developer may assume the role, and gives the service their credentials. In a dry run it does nothing.
   * @param role ARN, known once it exists
   * @param volume known once it is there
   * @throws RunError
   */
  readonly open: (role: pulumi.Output<string>, volume: pulumi.Output<string>) => Promise<void>;
}

export interface AwsLedgerArgs {
  readonly context: StackContext;
  readonly aws: AwsStack;
}

/**
 * The ledger of a stack the way production has it: an Amazon QLDB ledger, and a role that the developer assumes in order to use it and
 * nothing else. The service gets the developer's own credentials, in a file that `nitro login` rewrites.
 *
 * @example new AwsLedger("ledger", { context, aws: await prepareAws(…) })
 */
export class AwsLedger extends pulumi.ComponentResource implements StackLedger {
  readonly name: pulumi.Output<string>;
  readonly arn: pulumi.Output<string>;
  readonly roleArn: pulumi.Output<string>;
  readonly endpoint: string | undefined;
  /** Its certificate is of no authority of the stack. */
  readonly httpsEndpoint = undefined;
  readonly access: Readonly<Record<string, string>>;
  readonly volumes: StackLedger["volumes"];
  readonly labels: Readonly<Record<string, string>>;
  readonly ready: Promise<pulumi.Resource>;

  constructor(name: string, args: AwsLedgerArgs, opts?: pulumi.ComponentResourceOptions) {
    super("nitro:component:AwsLedger", name, {}, opts);
    const { context, aws } = args;
    const { names } = context;
    const volume = names.volumes.credentials;
    const provider = new Provider(`${name}-aws`, providerArgs(aws.settings), { parent: this });
    const inside = { parent: this, provider };
    const tags = { [labels.stack]: names.stack, [labels.owner]: context.owner };

    const ledger = new QldbLedger(
      `${name}-qldb`,
      { name: names.ledgerName, permissionsMode: "STANDARD", deletionProtection: false, tags },
      inside,
    );
    const role = new Role(
      `${name}-role`,
      {
        name: names.qldbRoleName,
        description: `Ledger of the nitro stack ${names.stack}`,
        assumeRolePolicy: JSON.stringify(trustPolicy(aws.identity)),
        tags,
      },
      inside,
    );
    const policy = new RolePolicy(
      `${name}-role-policy`,
      { name: "ledger", role: role.name, policy: ledger.arn.apply((arn) => JSON.stringify(ledgerPolicy(arn))) },
      inside,
    );
    const credentials = stackVolume(`${name}-credentials`, { labels: (part) => resourceLabels(context, part) }, "service", volume, {
      parent: this,
    });

    this.name = ledger.name;
    this.arn = ledger.arn;
    this.roleArn = role.arn;
    this.endpoint = overridden(aws.settings.endpoints, "qldb");
    this.access = access(aws.settings);
    this.volumes = [{ volume, path: credentialsFolder, readOnly: true }];
    this.labels = { [labels.ledger]: awsEndpoint(aws.settings, "qldb") };
    const usable = pulumi.all([role.arn, policy.id]).apply(([arn]) => arn);
    this.ready = aws.open(usable, credentials.name).then(() => this);
    this.registerOutputs({});
  }
}

/** Calls are checked by us, with messages of ours: the plugin makes none of its own. */
function providerArgs({ region, profile, endpoints }: Settings["aws"]): ConstructorParameters<typeof Provider>[1] {
  const { iam, sts, qldb } = endpoints;
  const named = { ...(iam && { iam }), ...(sts && { sts }), ...(qldb && { qldb }) };
  return {
    region: region as NonNullable<ConstructorParameters<typeof Provider>[1]>["region"] & string,
    profile,
    ...(Object.keys(named).length === 0 ? {} : { endpoints: [named] }),
    skipCredentialsValidation: true,
    skipMetadataApiCheck: true,
    skipRegionValidation: true,
    skipRequestingAccountId: true,
  };
}

/** STS and QLDB are AWS's own unless the settings say otherwise; only S3 is the stack's. */
function access({ region, endpoints }: Settings["aws"]): Record<string, string> {
  const named = {
    AWS_ENDPOINT_URL_STS: overridden(endpoints, "sts"),
    AWS_ENDPOINT_URL_QLDB: overridden(endpoints, "qldb"),
    AWS_ENDPOINT_URL_QLDB_SESSION: overridden(endpoints, "qldbSession"),
  };
  return {
    AWS_REGION: region,
    AWS_SHARED_CREDENTIALS_FILE: credentialsFile,
    // The file is the only source: a machine in EC2 would lend the service its own role.
    AWS_EC2_METADATA_DISABLED: "true",
    AWS_ENDPOINT_URL_S3: s3Endpoint,
    ...Object.fromEntries(Object.entries(named).filter((each): each is [string, string] => each[1] !== undefined)),
  };
}
