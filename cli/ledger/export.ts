import type { Context } from "../../common/context.ts";
import { InterruptedError, UsageError, UserError } from "../../common/errors.ts";
import { table } from "../../common/table.ts";
import { wait } from "../../common/waiting.ts";
import { Engine } from "../../docker/engine.ts";
import { int, struct, text } from "../../ledger/ion/value.ts";
import { innerPorts, localAccount, stackNames } from "../../model/names.ts";
import { roleContainer } from "../../model/parts.ts";
import { ownerId } from "../../toolchain/owner.ts";
import { declareCommand } from "../core/command.ts";
import type { Options } from "../core/declaration.ts";
import type { BucketAccess, ExportedObject } from "./export-bucket.ts";
import { counted, showRows } from "./rows.ts";
import { type LedgerTarget, ledgerOptions, withLedger } from "./target.ts";

const options = {
  ...ledgerOptions,
  from: {
    type: "string",
    placeholder: "TIME",
    read: moment,
    help: "blocks committed from then on, such as 2026-01-31T12:00:00Z (default: the ledger's first)",
  },
  to: { type: "string", placeholder: "TIME", read: moment, help: "and before then (default: now)" },
  bucket: {
    type: "string",
    placeholder: "B",
    help: "made where it is not there (default: nitro-<stack>-journal in the stack's LocalStack; nitro-journal with --endpoint)",
  },
  prefix: { type: "string", placeholder: "P", help: "what every object's key begins with (default: <ledger>/<time of the export>/)" },
  format: { type: "string", words: ["ION_TEXT", "ION_BINARY", "JSON"], default: "ION_TEXT", help: "of the objects" },
  "s3-endpoint": {
    type: "string",
    placeholder: "URL",
    help: "with --endpoint: the S3 that the ledger was started with (default: $AWS_ENDPOINT_URL_S3, $AWS_ENDPOINT_URL)",
  },
} as const satisfies Options;

const pollMs = 100;

export const command = declareCommand({
  options,
  notes: "Prints the objects that the export wrote.",
  stopsCleanly: true,

  async run({ values }, context) {
    const { from, to, format } = values;
    if (values["s3-endpoint"] !== undefined && values.endpoint === undefined)
      throw new UsageError(
        "--s3-endpoint goes with --endpoint: a stack's ledger exports to the stack's LocalStack; leave --s3-endpoint away",
      );
    const now = new Date();
    await withLedger(values, context, async (target) => {
      const access =
        target.stack === undefined ? ownAccess(values["s3-endpoint"], context.env) : await stackAccess(target.stack, context.env);
      const bucketName = values.bucket ?? (target.stack === undefined ? "nitro-journal" : `nitro-${target.stack}-journal`);
      const prefix = values.prefix ?? defaultPrefix(target.name, now);
      const { ExportBucket } = await import("./export-bucket.ts");
      const bucket = new ExportBucket(bucketName, access);
      try {
        // Before the bucket: a ledger that is not there leaves none.
        const start = from ?? (await created(target));
        await bucket.ensure();
        const id = await order(target, { start, end: to ?? now.getTime(), bucket: bucketName, prefix, format });
        await finished(target, id, context.signal);
        show(await bucket.objects(prefix), { id, bucketName, access }, context, values.json);
      } finally {
        bucket.close();
      }
    });
    return 0;
  },
});

/** @returns milliseconds since 1970. @throws UsageError for what is no time */
export function moment(text: string, option: string): number {
  const ms = /^\d{4}-\d\d-\d\d/.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(ms)) throw new UsageError(`${option} is "${text}": allowed is a time such as 2026-01-31T12:00:00Z`);
  return ms;
}

/** A prefix that no other export has: what is found below it is of this one. */
export function defaultPrefix(ledger: string, now: Date): string {
  return `${ledger}/${now.toISOString().replace(/[-:]/g, "")}/`;
}

interface Order {
  readonly start: number;
  readonly end: number;
  readonly bucket: string;
  readonly prefix: string;
  readonly format: string;
}

/** The body of ExportJournalToS3; times are seconds. */
export function orderBody({ start, end, bucket, prefix, format }: Order, roleArn: string) {
  return {
    InclusiveStartTime: start / 1000,
    ExclusiveEndTime: end / 1000,
    RoleArn: roleArn,
    S3ExportConfiguration: { Bucket: bucket, Prefix: prefix, EncryptionConfiguration: { ObjectEncryptionType: "NO_ENCRYPTION" } },
    OutputFormat: format,
  };
}

async function order({ http, name, stack }: LedgerTarget, what: Order): Promise<string> {
  const roleArn = stack === undefined ? `arn:aws:iam::${localAccount}:role/nitro-ledger-export` : stackNames(stack).qldbRoleArn;
  const { ExportId: id } = await http.control("POST", `/ledgers/${encodeURIComponent(name)}/journal-s3-exports`, orderBody(what, roleArn));
  return String(id);
}

async function finished({ http, name }: LedgerTarget, id: string, signal: AbortSignal): Promise<void> {
  const strategy = {
    what: `export ${id}`,
    look: async () => {
      const { ExportDescription: about } = (await http.control("GET", `/ledgers/${encodeURIComponent(name)}/journal-s3-exports/${id}`)) as {
        ExportDescription: { readonly Status: string };
      };
      if (about.Status === "COMPLETED") return { found: true };
      if (about.Status === "IN_PROGRESS") return { seen: about.Status };
      throw new UserError(`export ${id} ended ${about.Status}`, "the ledger's log says why: ./nitro logs ledger");
    },
  };
  const { end } = await wait(strategy, { intervalMs: pollMs, signal });
  if (end !== "found") throw new InterruptedError("stopped waiting", `export ${id} goes on: the ledger works on it`);
}

async function created({ http, name }: LedgerTarget): Promise<number> {
  const { CreationDateTime: seconds } = await http.control("GET", `/ledgers/${encodeURIComponent(name)}`);
  return Math.floor(Number(seconds) * 1000);
}

async function stackAccess(stack: string, env: NodeJS.ProcessEnv): Promise<BucketAccess> {
  const container = await roleContainer(Engine.connect(env), stack, "localstack", ownerId(env));
  const port = container.ports.find(({ containerPort }) => containerPort === innerPorts.localstack)?.hostPort;
  if (!container.running || port === undefined)
    throw new UserError(`localstack does not run (${container.status})`, `./nitro up -s ${stack}`);
  // LocalStack takes any credentials, and has one account for all made-up ones.
  return { endpoint: `http://127.0.0.1:${port}`, region: stackNames(stack).region, accessKeyId: "test", secretAccessKey: "test" };
}

/** @throws UsageError where no S3 is named */
export function ownAccess(option: string | undefined, env: NodeJS.ProcessEnv): BucketAccess {
  const endpoint = option || env.AWS_ENDPOINT_URL_S3 || env.AWS_ENDPOINT_URL || "";
  if (endpoint === "")
    throw new UsageError("with --endpoint the S3 to export to has to be named: --s3-endpoint URL, or AWS_ENDPOINT_URL_S3");
  const { AWS_REGION: region, AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey } = env;
  return { endpoint, region: region || "us-east-1", accessKeyId: accessKeyId || "test", secretAccessKey: secretAccessKey || "test" };
}

interface Exported {
  readonly id: string;
  readonly bucketName: string;
  readonly access: BucketAccess;
}

function show(objects: readonly ExportedObject[], { id, bucketName, access }: Exported, context: Context, json: boolean | undefined): void {
  if (context.stdout.isTTY === true && json !== true) {
    const rows = objects.map(({ key, bytes }) => [key, String(bytes)]);
    context.stdout.write(`${table(["object", "bytes"], rows)}export ${id}: ${counted(objects.length, "object")} in s3://${bucketName}
read one: AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test aws --endpoint-url ${access.endpoint} s3 cp s3://${bucketName}/${objects[0]?.key ?? "…"} -
`);
    return;
  }
  const rows = objects.map(({ key, bytes }) => struct({ bucket: text(bucketName), key: text(key), bytes: int(bytes) }));
  showRows(rows, context, json);
}
