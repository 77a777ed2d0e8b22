import * as pulumi from "@pulumi/pulumi";
import { beforeAll, expect, test } from "vitest";
import type { AwsStack } from "../../components/aws-ledger.ts";
import { stackNames } from "../../model/names.ts";
import type { PreparedStack } from "../../stacks/prepare.ts";
import { preparedStack } from "./prepared.ts";
import { type Recorded, recordResources, resolved } from "./recorder.ts";

const owner = "0123456789abcdef";
const arn = "arn:aws:qldb:eu-west-1:123456789012:ledger/nitro-alice";
const endpoints = { sts: "https://sts.example.com", qldb: "https://qldb.example.com", qldbSession: "https://session.example.com" };
const opened: string[][] = [];

function prepared(settings: AwsStack["settings"]): PreparedStack {
  const aws: AwsStack = {
    settings,
    identity: { account: "123456789012", arn: "arn:aws:iam::123456789012:user/alice" },
    open: async (role, volume) => {
      opened.push([await resolved(role), await resolved(volume)]);
    },
  };
  return preparedStack({}, { context: { names: stackNames("alice", settings.region) }, aws });
}

let resources: Recorded[] = [];
let outputs: Record<string, unknown> = {};

async function declare(settings: AwsStack["settings"]): Promise<Recorded[]> {
  return await recordResources("alice", false, async () => {
    const { DeveloperStack } = await import("../../stacks/developer.ts");
    const { AwsLedger } = await import("../../components/aws-ledger.ts");
    const args = prepared(settings);
    const { context, aws } = args;
    const awsLedger = aws && new AwsLedger("ledger", { context, aws });
    await awsLedger?.ready;
    const stack = new DeveloperStack("nitro", { ...args, awsLedger });
    const { ledgerName, ledgerArn, qldbRoleArn, ledgerEndpoint, service, worker } = stack.outputs;
    await resolved(pulumi.all([service, worker]));
    outputs = await resolved(pulumi.all({ ledgerName, ledgerArn, qldbRoleArn, ledgerEndpoint }));
  });
}

beforeAll(async () => {
  resources = await declare({ region: "eu-west-1", profile: "alice", endpoints });
});

const only = (type: string): Recorded => {
  const found = resources.filter((resource) => resource.type === type);
  if (found.length !== 1 || found[0] === undefined) throw new Error(`${found.length} resources of type ${type}`);
  return found[0];
};

const tags = { "nitro.stack": "alice", "nitro.owner": owner };

test("the ledger: every property", () => {
  expect(only("aws:qldb/ledger:Ledger").inputs).toEqual({
    name: "nitro-alice",
    permissionsMode: "STANDARD",
    deletionProtection: false,
    tags,
  });
});

test("the role: every property, and a trust policy for the developer alone", () => {
  const { assumeRolePolicy, ...rest } = only("aws:iam/role:Role").inputs;
  expect(rest).toEqual({ name: "nitro-alice-qldb", description: "Ledger of the nitro stack alice", tags });
  expect(JSON.parse(String(assumeRolePolicy))).toEqual({
    Version: "2012-10-17",
    Statement: [
      { Sid: "Developer", Effect: "Allow", Action: "sts:AssumeRole", Principal: { AWS: "arn:aws:iam::123456789012:user/alice" } },
    ],
  });
});

test("the role's policy: every property, for this ledger alone", () => {
  const { policy, ...rest } = only("aws:iam/rolePolicy:RolePolicy").inputs;
  expect(rest).toEqual({ name: "ledger", role: "nitro-alice-qldb" });
  expect(JSON.parse(String(policy))).toEqual({
    Version: "2012-10-17",
    Statement: [
      { Sid: "Ledger", Effect: "Allow", Action: "qldb:SendCommand", Resource: arn },
      {
        Sid: "Tables",
        Effect: "Allow",
        Action: [
          "qldb:PartiQLCreateTable",
          "qldb:PartiQLCreateIndex",
          "qldb:PartiQLSelect",
          "qldb:PartiQLInsert",
          "qldb:PartiQLUpdate",
          "qldb:PartiQLHistoryFunction",
        ],
        Resource: `${arn}/table/*`,
      },
      { Sid: "Catalog", Effect: "Allow", Action: "qldb:PartiQLSelect", Resource: `${arn}/information_schema/user_tables` },
    ],
  });
});

test("the provider: every property, and no credentials among them", () => {
  expect(only("pulumi:providers:aws").inputs).toEqual({
    region: "eu-west-1",
    profile: "alice",
    endpoints: JSON.stringify([{ sts: endpoints.sts, qldb: endpoints.qldb }]),
    skipCredentialsValidation: "true",
    skipMetadataApiCheck: "true",
    skipRegionValidation: "true",
    skipRequestingAccountId: "true",
  });
});

interface ContainerInputs {
  readonly envs: readonly string[];
  readonly volumes: readonly { volumeName?: string; containerPath: string; readOnly: boolean }[];
  readonly labels: readonly { label: string; value: string }[];
}

const container = (role: string): ContainerInputs =>
  resources.find(({ name }) => name === `${role}-container`)?.inputs as unknown as ContainerInputs;
const environment = (role: string) => Object.fromEntries(container(role).envs.map((line) => line.split(/=(.*)/s).slice(0, 2)));

test("there is no ledger of ours, and LocalStack has S3 alone", () => {
  const names = resources.filter(({ type }) => type.endsWith(":Container")).map(({ name }) => name);
  expect(names.sort()).toEqual([
    "key-feeder-container",
    "localstack-container",
    "redis-container",
    "service-container",
    "worker-container",
  ]);
  expect(environment("localstack").SERVICES).toBe("s3");
  expect(environment("key-feeder")).not.toHaveProperty("QLDB_ROLE_ARN");
});

test("the service: credentials by a file, STS and QLDB as the settings say, only S3 is the stack's", () => {
  const aws = Object.fromEntries(Object.entries(environment("service")).filter(([name]) => /^(AWS|QLDB)_/.test(name)));
  expect(aws).toEqual({
    AWS_REGION: "eu-west-1",
    AWS_SHARED_CREDENTIALS_FILE: "/nitro/aws/credentials",
    AWS_EC2_METADATA_DISABLED: "true",
    AWS_ENDPOINT_URL_S3: "http://s3.localstack:4566",
    AWS_ENDPOINT_URL_STS: endpoints.sts,
    AWS_ENDPOINT_URL_QLDB: endpoints.qldb,
    AWS_ENDPOINT_URL_QLDB_SESSION: endpoints.qldbSession,
    QLDB_LEDGER_NAME: "nitro-alice",
    QLDB_LEDGER_ARN: arn,
    QLDB_ROLE_ARN: "arn:aws:iam::123456789012:role/nitro-alice-qldb",
  });
  const mount = { volumeName: "nitro-alice-credentials", containerPath: "/nitro/aws", readOnly: true };
  expect(container("service").volumes).toContainEqual(mount);
  expect(container("service").labels).toContainEqual({ label: "nitro.ledger", value: endpoints.qldb });
  for (const role of ["worker", "key-feeder", "redis", "localstack"]) expect(container(role).volumes).not.toContainEqual(mount);
});

test("the service starts once its credentials are there, everything else once AWS let the ledger come up", () => {
  expect(opened).toEqual([["arn:aws:iam::123456789012:role/nitro-alice-qldb", "nitro-alice-credentials"]]);
  const order = resources.map(({ name }) => name);
  const last = order.indexOf("ledger-role-policy");
  for (const name of ["network-bridge", "redis-data", "key-feeder-keys", "service-container"])
    expect(order.indexOf(name), name).toBeGreaterThan(last);
});

test("the outputs keep the contract", () => {
  expect(outputs).toEqual({
    ledgerName: "nitro-alice",
    ledgerArn: arn,
    qldbRoleArn: "arn:aws:iam::123456789012:role/nitro-alice-qldb",
    ledgerEndpoint: endpoints.qldb,
  });
});

test("without overrides the service's STS and QLDB are AWS's own: nothing names another", async () => {
  resources = await declare({ region: "us-west-2", endpoints: {} });
  expect(Object.keys(environment("service")).filter((name) => name.startsWith("AWS_ENDPOINT_URL"))).toEqual(["AWS_ENDPOINT_URL_S3"]);
  expect(only("pulumi:providers:aws").inputs).not.toHaveProperty("endpoints");
  expect(outputs.ledgerEndpoint).toBeUndefined();
});
