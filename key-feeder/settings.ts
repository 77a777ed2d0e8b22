import { feederVariables, healthFile, operatorNames, variables } from "./contract.ts";
import { parseSecrets, type SecretsText } from "./secrets.ts";
import { parsePrivateKey } from "./ssh-key.ts";

/** What the key-feeder is told by its environment. */
export interface FeederSettings {
  readonly stack: string;
  readonly keysDir: string;
  readonly publicDir: string;
  /** Exists as long as everything that was fed is there. */
  readonly healthFile: string;
  readonly aws: Aws;
  readonly config: { readonly bucket: string; readonly object: string };
  readonly sharesBucket: string;
  /** The role that the service asks the stack's STS for; undefined where it asks another STS. */
  readonly qldbRoleArn: string | undefined;
  readonly redis: RedisSettings;
  readonly bootstrap: "auto" | "manual";
  readonly authorization: "auto" | "manual";
  /** Custodians that are authorized besides dryrun-*. */
  readonly custodians: readonly string[];
  readonly secrets: SecretsText;
  /** The operators' own, PKCS#8 PEM; undefined for those that are made. */
  readonly operatorKeys: readonly string[] | undefined;
  /** The `host` that operators sign. */
  readonly serviceHost: string;
  /** Where the stack's servers have their certificate from, and what they are asked by; undefined where they have none. */
  readonly tls: { readonly folder: string; readonly hosts: readonly string[] } | undefined;
}

export interface Aws {
  readonly region: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** Of STS. */
  readonly endpoint: string;
  readonly s3Endpoint: string;
}

export interface RedisSettings {
  readonly host: string;
  readonly port: number;
  readonly username: string;
  readonly password: string;
  /** Whether it speaks TLS alone, with the servers' certificate. */
  readonly tls: boolean;
}

/** The environment is not usable; the message lists every problem at once and no value of a secret. */
export class SettingsError extends Error {
  override readonly name = "SettingsError";
}

/** @throws SettingsError with all problems */
export function readFeederSettings(env: Readonly<Record<string, string | undefined>>): FeederSettings {
  const problems: string[] = [];
  const text = (name: string, byDefault?: string): string => {
    const value = env[name] || byDefault;
    if (value === undefined) problems.push(`${name} is not set`);
    return value ?? "";
  };
  const autoOrManual = (name: string): "auto" | "manual" => {
    const value = env[name] || "auto";
    if (value !== "auto" && value !== "manual") problems.push(`${name} is "${value}": allowed are auto, manual`);
    return value === "manual" ? "manual" : "auto";
  };
  const url = (name: string, byDefault?: string): string => {
    const value = text(name, byDefault);
    if (value !== "" && !/^https?:\/\//.test(value)) problems.push(`${name} is "${value}": it has to begin with http:// or https://`);
    return value;
  };
  const secrets = parseSecrets(env[feederVariables.secrets]);
  if ("problem" in secrets) problems.push(`${feederVariables.secrets} ${secrets.problem}: it has to be a flat JSON object of strings`);
  const endpoint = url("AWS_ENDPOINT_URL");
  const folder = env[feederVariables.tlsDir] || undefined;
  const settings: FeederSettings = {
    stack: text(feederVariables.stack),
    keysDir: text(feederVariables.keysDir, "/keys"),
    publicDir: text(feederVariables.publicDir, "/public"),
    healthFile: text(feederVariables.healthFile, healthFile),
    aws: {
      region: text("AWS_REGION"),
      accessKeyId: text("AWS_ACCESS_KEY_ID"),
      secretAccessKey: text("AWS_SECRET_ACCESS_KEY"),
      endpoint,
      s3Endpoint: url("AWS_ENDPOINT_URL_S3", endpoint),
    },
    config: { bucket: text(variables.configBucket), object: text(variables.configObject) },
    sharesBucket: text(variables.sharesBucket),
    qldbRoleArn: env[variables.ledgerRole] || undefined,
    redis: {
      ...address(text(variables.redisAddress), problems),
      username: text(variables.redisUser, "default"),
      password: text(variables.redisPassword),
      tls: env[variables.redisTls] === "1",
    },
    bootstrap: autoOrManual(feederVariables.bootstrap),
    authorization: autoOrManual(feederVariables.authorization),
    custodians: names(env[feederVariables.custodians]),
    secrets: "secrets" in secrets ? secrets.secrets : "",
    operatorKeys: operatorKeys(env[feederVariables.operatorKeys], problems),
    serviceHost: text(feederVariables.serviceHost),
    tls: folder === undefined ? undefined : { folder, hosts: names(env[feederVariables.tlsHosts]) },
  };
  if (problems.length > 0)
    throw new SettingsError(`the key-feeder's environment is not usable:\n${problems.map((p) => `  - ${p}`).join("\n")}`);
  return settings;
}

/** A list with commas. */
function names(text = ""): string[] {
  return text
    .split(",")
    .map((name) => name.trim())
    .filter((name) => name !== "");
}

function operatorKeys(text: string | undefined, problems: string[]): readonly string[] | undefined {
  if (text === undefined || text === "") return undefined;
  try {
    const keys: unknown = JSON.parse(text);
    const isKey = (key: unknown): key is string => typeof key === "string" && "key" in parsePrivateKey(key);
    if (Array.isArray(keys) && keys.length === operatorNames.length && keys.every(isKey)) return keys;
  } catch {
    // Told below, without the text.
  }
  problems.push(`${feederVariables.operatorKeys} has to be a JSON list of ${operatorNames.length} ed25519 keys in PEM`);
  return undefined;
}

function address(text: string, problems: string[]): { host: string; port: number } {
  const match = /^(?<host>[^:]+):(?<port>\d{1,5})$/.exec(text);
  if (match === null && text !== "")
    problems.push(`${variables.redisAddress} is "${text}": it has to be <host>:<port>, such as redis:6380`);
  return { host: match?.groups?.host ?? "", port: Number(match?.groups?.port ?? 0) };
}
