import { ControlError } from "./errors.ts";
import { type ExportFormat, type ExportOrder, type ExportTarget, encryptionTypes, exportFormats } from "./export-description.ts";
import { exportsOf } from "./list-journal-s3-exports.ts";
import type { ControlRequest } from "./request.ts";

/** POST /ledgers/{name}/journal-s3-exports → `{ExportId}` */
export async function exportJournalToS3({ registry, path: [name = ""], body }: ControlRequest): Promise<unknown> {
  const exports = exportsOf(registry, name);
  return { ExportId: (await exports.start(orderOf(body, registry.now()))).id };
}

/** @throws ControlError InvalidParameterException for what QLDB does not take */
function orderOf(body: ControlRequest["body"], now: number): ExportOrder {
  const start = milliseconds(body.InclusiveStartTime, "InclusiveStartTime");
  const end = untilNow(milliseconds(body.ExclusiveEndTime, "ExclusiveEndTime"), now);
  if (start >= end) throw invalid(`Start date ${shown(start)} must be before end date ${shown(end)}`);
  if (end > now) throw invalid(`End date must not be in the future: it is ${shown(end)}, now is ${shown(now)}`);
  const format = body.OutputFormat === undefined ? undefined : oneOf<ExportFormat>(body.OutputFormat, "OutputFormat", exportFormats);
  return { start, end, target: targetOf(body.S3ExportConfiguration), roleArn: arn(body.RoleArn, "RoleArn"), format };
}

/** How far ahead an end still is "now": SDKs round times, the JavaScript one to whole seconds. */
const roundingMs = 1000;

function untilNow(end: number, now: number): number {
  return end > now && end <= now + roundingMs ? now : end;
}

function targetOf(value: unknown): ExportTarget {
  const configuration = object(value, "S3ExportConfiguration");
  const { Bucket: bucket, Prefix: prefix } = configuration;
  if (typeof bucket !== "string" || !isBucketName(bucket))
    throw invalid(`Bucket is ${JSON.stringify(bucket)}: allowed are 3 to 63 small letters, digits, hyphens and single dots`);
  if (typeof prefix !== "string") throw invalid("Prefix is required: allowed are 0 to 128 characters");
  if (prefix.length > 128) throw invalid(`Amazon S3 bucket prefix must not be longer than 128 characters: it has ${prefix.length}`);
  const { ObjectEncryptionType: type, KmsKeyArn: key } = object(configuration.EncryptionConfiguration, "EncryptionConfiguration");
  const encryption = oneOf(type, "ObjectEncryptionType", encryptionTypes);
  if (encryption !== "SSE_KMS") {
    if (key !== undefined) throw invalid(`KmsKeyArn is given, but ObjectEncryptionType is ${encryption}: allowed with SSE_KMS alone`);
    return { bucket, prefix, encryption: { type: encryption } };
  }
  return { bucket, prefix, encryption: { type: encryption, kmsKeyArn: arn(key, "KmsKeyArn") } };
}

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html */
function isBucketName(name: string): boolean {
  return /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(name) && !name.includes("..") && !/^\d+\.\d+\.\d+\.\d+$/.test(name);
}

function milliseconds(value: unknown, name: string): number {
  const found = typeof value === "number" ? Math.round(value * 1000) : Number.NaN;
  if (Number.isNaN(new Date(found).getTime())) throw invalid(`${name} is ${JSON.stringify(value)}: it has to be seconds since 1970`);
  return found;
}

function shown(ms: number): string {
  return new Date(ms).toISOString();
}

function arn(value: unknown, name: string): string {
  if (typeof value === "string" && value.length >= 20 && value.length <= 1600 && value.startsWith("arn:")) return value;
  throw invalid(`${name} is ${JSON.stringify(value)}: it has to be an ARN of 20 to 1600 characters`);
}

function oneOf<T extends string>(value: unknown, name: string, allowed: readonly T[]): T {
  const found = allowed.find((each) => each === value);
  if (found === undefined) throw invalid(`${name} is ${JSON.stringify(value)}: allowed are ${allowed.join(", ")}`);
  return found;
}

function object(value: unknown, name: string): Record<string, unknown> {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw invalid(`${name} is ${JSON.stringify(value)}: it has to be an object`);
}

function invalid(message: string): ControlError {
  return new ControlError("InvalidParameterException", message);
}
