import { createHash } from "node:crypto";

/** The parts of a stack, in the order of their ports. */
export const roles = ["service", "redis", "localstack", "ledger", "key-feeder", "worker"] as const;
export type Role = (typeof roles)[number];

/** The roles that answer on a port of the host, in the order of their ports. */
export const publishedRoles = ["service", "redis", "localstack", "ledger"] as const;
export type PublishedRole = (typeof publishedRoles)[number];

/** The ports that each role listens on inside the stack's network. The service's is the one of its name: clients sign a host without a port. */
export const innerPorts: Record<PublishedRole, number> = { service: 80, redis: 6380, localstack: 4566, ledger: 8080 };

/** Where the ledger's container has the volume that it keeps ledgers in. */
export const ledgerDataFolder = "/data";

export const labels = {
  stack: "nitro.stack",
  role: "nitro.role",
  owner: "nitro.owner",
  /** SHA-256 of the executable that a container runs. */
  executable: "nitro.executable",
  /** Where the executable is, in an image that is not made here. */
  program: "nitro.program",
  /** On a container that reads secrets from a file: a hash of the file. */
  secrets: "nitro.secrets",
  /** On service and worker where operators bring their own keys: a hash of the public ones. */
  operators: "nitro.operators",
  /** On service and worker where settings mount single files: a hash of them. */
  files: "nitro.files",
  /** On every container: a hash of what it was made with that engines give back in other words. */
  made: "nitro.made",
  /** On the service in ledger mode aws: where its ledger answers. */
  ledger: "nitro.ledger",
  /** On the volume that says who uses a stack: who brought it up, who used it last, and when (ISO 8601). */
  madeBy: "nitro.made-by",
  usedBy: "nitro.used-by",
  usedAt: "nitro.used-at",
} as const;

/** AWS account of everything local: the one LocalStack gives to made-up credentials. */
export const localAccount = "000000000000";

/** Longest stack name that keeps the ledger's name within QLDB's 32 characters. */
export const maxStackNameLength = 24;

/** Pulumi.dev.yaml documents every setting and belongs to everybody: no stack may write its salt into it. */
const templateStack = "dev";

const stackName = /^[a-z0-9]+(-[a-z0-9]+)*$/;

/**
 * Checks a stack's name: lower-case letters, digits and single hyphens, at most 24 characters (QLDB's ledger names and S3's
 * bucket names allow no more).
 * @returns the problem as a sentence, or undefined where the name is fine
 */
export function stackNameProblem(stack: string): string | undefined {
  if (stack === templateStack)
    return `stack "${stack}" is the template of all settings (Pulumi.${stack}.yaml, tracked by git): name one of your own, for example "${validStackName(stack)}"`;
  if (stackName.test(stack) && stack.length <= maxStackNameLength) return undefined;
  return `stack name "${stack}" is not allowed: use 1 to ${maxStackNameLength} lower-case letters, digits and single hyphens, for example "${validStackName(stack)}"`;
}

/** Makes a valid stack name from any text, such as a login name. */
export function validStackName(text: string): string {
  const name = text
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .slice(0, maxStackNameLength)
    .replace(/^-+|-+$/g, "");
  return name === "" || name === templateStack ? "my-stack" : name;
}

/** First port of a stack: 20000 + 10 × (hash of its name mod 1000), the same on every machine. */
export function portBase(stack: string): number {
  const hash = createHash("sha256").update(stack).digest().readUInt32BE(0);
  return 20000 + 10 * (hash % 1000);
}

/** Everything that is named after a stack. Containers know each other by these names, never by each other's outputs. */
export interface StackNames {
  readonly stack: string;
  readonly network: string;
  readonly containers: Record<Role, string>;
  readonly volumes: {
    readonly redis: string;
    readonly ledger: string;
    readonly keys: string;
    readonly publicKeys: string;
    readonly credentials: string;
    readonly certificates: string;
  };
  readonly buckets: { readonly config: string; readonly shares: string };
  readonly configObject: string;
  readonly ledgerName: string;
  readonly ledgerArn: string;
  readonly qldbRoleName: string;
  readonly qldbRoleArn: string;
  readonly region: string;
}

/**
 * Names of two stacks never meet: of one kind of thing, no name ends in a hyphen and what another ends in (`-public-keys` beside `-keys` would
 * make the public keys of `x` the private ones of `x-public`).
 * @param stack a valid stack name (see stackNameProblem)
 */
export function stackNames(stack: string, region = "us-west-2"): StackNames {
  const prefix = `nitro-${stack}`;
  return {
    stack,
    network: prefix,
    containers: Object.fromEntries(roles.map((role) => [role, containerName(stack, role)])) as Record<Role, string>,
    volumes: {
      redis: `${prefix}-redis`,
      ledger: `${prefix}-ledger`,
      keys: `${prefix}-keys`,
      publicKeys: `${prefix}-pubkeys`,
      credentials: `${prefix}-credentials`,
      certificates: `${prefix}-tls`,
    },
    buckets: { config: `${prefix}-config`, shares: `${prefix}-operator-shares` },
    configObject: "secrets.age",
    ledgerName: prefix,
    ledgerArn: `arn:aws:qldb:${region}:${localAccount}:ledger/${prefix}`,
    qldbRoleName: `${prefix}-qldb`,
    qldbRoleArn: `arn:aws:iam::${localAccount}:role/${prefix}-qldb`,
    region,
  };
}

/** @param part a role, or the name of a part of a team's own */
export function containerName(stack: string, part: string): string {
  return `nitro-${stack}-${part}`;
}

/** A config of a swarm for a part. @param content the first 16 hex digits of the hash of what it holds */
export function configName(stack: string, part: string, content: string): string {
  return `${containerName(stack, part)}-${content}`;
}

/** @returns the name of the container, or service, that a config is for; undefined where it is none of ours */
export function configOwner(config: string): string | undefined {
  return /^(nitro-.+)-[0-9a-f]{16}$/.exec(config)?.[1];
}

/** Whether a config is for a part of a stack. Another stack's name may begin like this one's; names of parts of a team's own have no hyphen. */
export function isConfigOf(stack: string, config: string): boolean {
  const [owner = "", prefix] = [configOwner(config), containerName(stack, "")];
  const part = owner.slice(prefix.length);
  return owner.startsWith(prefix) && (roles.some((role) => role === part) || /^[a-z0-9]+$/.test(part));
}

/** A volume of a part of a team's own. No other name has a point: neither does another stack's. */
export function extraVolumeName(stack: string, part: string, suffix: string): string {
  return `nitro-${stack}-${part}.${suffix}`;
}

/** Ports on 127.0.0.1: the base and one for each published role. */
export function stackPorts(base: number): Record<PublishedRole, number> {
  return Object.fromEntries(publishedRoles.map((role, index) => [role, base + index])) as Record<PublishedRole, number>;
}
