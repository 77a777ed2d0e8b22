import { z } from "zod";
import { variables } from "../key-feeder/contract.ts";
import { filesSetting, writableSetting } from "./file-mounts.ts";
import { ulimitsSetting } from "./limit-settings.ts";
import { type Role, roles } from "./names.ts";

/** A role that runs the developer's executable, as its settings are called. */
export type ProgramRole = Extract<Role, "service" | "worker">;

/** What clients of the service sign as its host, and where they reach it: what the operators' tools know it by. */
export const defaultServiceHost = "nitro-payments.bsg.brave.software";

/** The environment that a stack gives to each role by itself, whatever its ledger mode: settings may not set these. */
export const stackVariables: Readonly<Record<ProgramRole, readonly string[]>> = {
  service: [
    ...["AWS_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SHARED_CREDENTIALS_FILE", "AWS_EC2_METADATA_DISABLED"],
    ...["AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL_STS", "AWS_ENDPOINT_URL_QLDB", "AWS_ENDPOINT_URL_QLDB_SESSION"],
    ...[variables.mocking, variables.address, "DEBUG", "ENV", variables.environment, variables.custodians],
    ...[variables.ledgerName, variables.ledgerArn, variables.ledgerRole],
    ...[variables.configBucket, variables.configObject, variables.sharesBucket, variables.solanaAddress],
  ],
  worker: [
    ...[variables.redisAddress, variables.redisUser, variables.redisPassword, variables.redisTls],
    ...[variables.apiBase, variables.mocking, variables.environment, "DEBUG"],
  ],
};

/** Variables that another setting is for, or that no container may have: why. */
const instead: Readonly<Record<string, string>> = {
  [variables.custodians]: "set nitro:payout.custodians",
  [variables.apiBase]: "set nitro:service.host",
  [variables.redisTls]: "set nitro:redis.tls",
  AWS_CA_BUNDLE: "payments programs end at their start where it is set",
};

const text = z
  .union([z.string(), z.number().int(), z.boolean()], { error: "allowed is a text; put a number with a point into quotes" })
  .transform(String);

const environment = (role: ProgramRole) =>
  z
    .record(z.string(), text)
    .superRefine((env, context) => {
      for (const name of Object.keys(env)) {
        const message = variableProblem(role, name);
        if (message !== undefined) context.addIssue({ code: "custom", path: [name], message });
      }
    })
    .prefault({})
    .meta({
      description:
        role === "service"
          ? "further variables, such as ZEBPAY_SERVER: http://zebpay:8080; secrets by pulumi config set --secret"
          : "as the service's, for the worker",
      details: "The stack's own are refused by name, and `AWS_CA_BUNDLE`, which ends payments programs at their start.",
      takes: "texts by name",
    });

function variableProblem(role: ProgramRole, name: string): string | undefined {
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) return "a variable's name has letters, digits and underscores";
  const other = instead[name];
  if (stackVariables[role].includes(name)) return `the stack sets it itself${other === undefined ? "" : `: ${other}`}`;
  return name === "AWS_CA_BUNDLE" ? other : undefined;
}

/** The settings of service and worker alike. */
export const programSettings = (role: ProgramRole) => ({
  env: environment(role),
  args: z
    .array(text)
    .optional()
    .meta({
      description: "arguments in place of the default ones",
      example: role === "service" ? "[serve, nitro]" : "[serve, payments, worker]",
      takes: "a list of texts",
    }),
  files: filesSetting,
  writable: writableSetting,
  ulimits: ulimitsSetting,
});

const hostName = /^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/;
const others: readonly string[] = roles.filter((role) => role !== "service");

/** A name on the stack's network that no other part has. */
export const hostSetting = z
  .string()
  .regex(hostName, "must be a host's name without a port, of lower-case letters, digits, hyphens and points")
  .refine((name) => !others.includes(name) && !/(^|\.)localstack$|(^|\.)localhost$|(^|\.)\d+$/.test(name), {
    message: `must be no address, and no name of another part (${others.join(", ")}, *.localstack)`,
  })
  .default(defaultServiceHost)
  .meta({
    description: "what clients sign as the service's host, and its name on the stack's network, at port 80",
    details: "A change replaces service, worker and key-feeder.",
    takes: "a host's name",
  });

/** The settings below `nitro:payout`. */
export const payoutSettings = z
  .strictObject({
    custodian: z.string().min(1).default("dryrun-happypath").meta({
      description: "what ./nitro pay pays by; it has to be one that your executable takes",
    }),
    currency: z.string().min(1).default("BAT").meta({ description: "what it pays in" }),
    from: z.string().min(1).default("nitro-pay").meta({ description: "who pays" }),
    custodians: z
      .array(z.string().regex(/^[A-Za-z0-9_-]+\*?$|^\*$/, "must be a custodian's name, or the beginning of one and a star"))
      .default([])
      .meta({
        description: "which ones the executable is to take (PAYMENT_CUSTODIANS), such as dryrun-*; default: its own list",
        details: "A change replaces the service. `./nitro pay` refuses others before it sends anything.",
      }),
  })
  .prefault({})
  .meta({ description: "What ./nitro pay pays, and which custodians are taken." });

/** True where the executable takes payments of a custodian, as far as payout.custodians tells; with an empty list it is the executable's to say. */
export function takesCustodian(custodians: readonly string[], custodian: string): boolean {
  const fits = (name: string) => (name.endsWith("*") ? custodian.startsWith(name.slice(0, -1)) : name === custodian);
  return custodians.length === 0 || custodians.some(fits);
}
