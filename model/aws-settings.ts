import { z } from "zod";

const url = z.string().refine((text) => /^https?:$/.test(URL.parse(text)?.protocol ?? ""), {
  message: "allowed is an address such as https://qldb.example.com",
});

const endpoint = (service: string, example: string) =>
  url.optional().meta({ description: `ledger mode aws: in place of AWS's own ${service}`, example, takes: "an address" });

/** The settings below `nitro:aws`. */
export const awsSchema = z
  .strictObject({
    region: z
      .string()
      .regex(/^[a-z]{2}(-[a-z]+)+-\d$/, "must be a region such as us-west-2")
      .default("us-west-2")
      .meta({ description: "region of the local AWS services, and of the ledger in mode aws", takes: "a region" }),
    profile: z.string().min(1).optional().meta({
      description: "ledger mode aws: a profile of your AWS configuration; default: what your environment says",
      example: "alice",
    }),
    endpoints: z
      .strictObject({
        sts: endpoint("STS", "https://sts.example.com"),
        iam: endpoint("IAM", "https://iam.example.com"),
        qldb: endpoint("QLDB, which it ended: mode aws needs this one", "https://qldb.example.com"),
        qldbSession: endpoint("sessions of QLDB; default: the same as qldb", "https://qldb.example.com"),
      })
      .prefault({})
      .meta({ description: "as this machine and containers reach them" }),
  })
  .prefault({})
  .meta({ description: "AWS, as far as a stack uses it.", details: "[Ledger mode aws](aws-mode.md)." });

export type AwsSettings = z.infer<typeof awsSchema>;

/** The AWS services that a stack in ledger mode aws uses. */
export type AwsService = keyof AwsSettings["endpoints"];

/** When AWS ended QLDB: https://aws.amazon.com/blogs/database/ (announcement of July 2024). */
const ended = "2025-07-31";

/** Where QLDB was: https://docs.aws.amazon.com/general/latest/gr/qldb.html */
const qldbRegions: readonly string[] = [
  ...["us-east-1", "us-east-2", "us-west-2", "ca-central-1"],
  ...["eu-central-1", "eu-west-1", "eu-west-2"],
  ...["ap-northeast-1", "ap-northeast-2", "ap-southeast-1", "ap-southeast-2"],
];

/** What is wrong with one setting. */
export interface SettingProblem {
  readonly path: readonly string[];
  readonly message: string;
}

const onward =
  "go on with the local ledger: pulumi config set --path nitro:ledger.mode local; or with a service that is compatible: " +
  "pulumi config set --path nitro:aws.endpoints.qldb <url> (docs/aws-mode.md)";

/**
 * What keeps a stack in ledger mode aws from coming up, as far as its settings tell. Pure.
 * @returns nothing in any other mode
 */
export function awsProblems({
  ledger,
  aws,
}: {
  readonly ledger: { readonly mode: "local" | "aws" };
  readonly aws: AwsSettings;
}): SettingProblem[] {
  if (ledger.mode !== "aws") return [];
  const { qldb } = aws.endpoints;
  const answers = qldb !== undefined && !isAwsOwn(qldb);
  return [
    ...(answers ? [] : [{ path: ["ledger", "mode"], message: noQldb(aws.region, qldb) }]),
    ...unreachableFromContainers(aws.endpoints),
  ];
}

function noQldb(region: string, named: string | undefined): string {
  const there = named === undefined ? "" : ` (nitro:aws.endpoints.qldb is ${named}, which is AWS's own)`;
  const why = qldbRegions.includes(region)
    ? `AWS ended QLDB on ${ended}, so no ledger can be made in ${region}`
    : `QLDB never was in ${region}: it was in ${qldbRegions.join(", ")}, until AWS ended it on ${ended}`;
  return `${why}${there}; nothing was created; ${onward}`;
}

function isAwsOwn(url: string): boolean {
  return /(^|\.)(amazonaws\.com(\.cn)?|api\.aws)$/.test(hostnameOf(url));
}

/** The service calls these from its container, where loopback is the container itself. */
const calledByTheService: readonly AwsService[] = ["sts", "qldb", "qldbSession"];

function unreachableFromContainers(endpoints: AwsSettings["endpoints"]): SettingProblem[] {
  return calledByTheService
    .filter((service) => endpoints[service] !== undefined && isLoopback(endpoints[service]))
    .map((service) => ({
      path: ["aws", "endpoints", service],
      message:
        "the service calls it from its container, where that address is the container itself; name an address that containers and this " +
        "machine reach, such as http://172.17.0.1:<port> (this machine's address on the bridge: ip addr show docker0)",
    }));
}

function isLoopback(url: string): boolean {
  return /^127\.|^\[::1\]$|(^|\.)localhost$/.test(hostnameOf(url));
}

/** Empty where the text is no address: the schema reports that, together with every other problem. */
function hostnameOf(url: string): string {
  return URL.parse(url)?.hostname ?? "";
}

/** Where a service answers as long as no setting says otherwise: https://docs.aws.amazon.com/general/latest/gr/rande.html */
const ownEndpoints: Record<AwsService, (region: string) => string> = {
  sts: (region) => `https://sts.${region}.amazonaws.com`,
  iam: () => "https://iam.amazonaws.com",
  qldb: (region) => `https://qldb.${region}.amazonaws.com`,
  qldbSession: (region) => `https://session.qldb.${region}.amazonaws.com`,
};

/** Where a service answers. One address for both of QLDB's is enough, as most compatible servers have one. */
export function awsEndpoint({ region, endpoints }: AwsSettings, service: AwsService): string {
  return overridden(endpoints, service) ?? ownEndpoints[service](region);
}

/** The address that the settings name in place of AWS's own; undefined where they name none. */
export function overridden(endpoints: AwsSettings["endpoints"], service: AwsService): string | undefined {
  return endpoints[service] ?? (service === "qldbSession" ? endpoints.qldb : undefined);
}
