import { ControlError } from "./errors.ts";
import type { ExportDescription } from "./export-description.ts";
import type { JournalExports } from "./exports.ts";
import type { Registry } from "./registry.ts";
import type { ControlRequest } from "./request.ts";

/** GET /journal-s3-exports?max_results=&next_token= */
export function listJournalS3Exports({ registry, query }: ControlRequest): unknown {
  return page(
    registry.list().flatMap(({ name }) => registry.exports(name)?.list() ?? []),
    query,
  );
}

/** GET /ledgers/{name}/journal-s3-exports?max_results=&next_token= */
export function listJournalS3ExportsForLedger({ registry, path: [name = ""], query }: ControlRequest): unknown {
  return page(exportsOf(registry, name).list(), query);
}

/** @throws ControlError ResourceNotFoundException */
export function exportsOf(registry: Registry, name: string): JournalExports {
  const exports = registry.exports(name);
  if (exports === undefined) throw new ControlError("ResourceNotFoundException", `Ledger with name ${name} does not exist`);
  return exports;
}

/** An export as the API shows it; times in seconds since 1970. */
export function shownExport({ id, ledgerName, created, status, start, end, target, roleArn, format }: ExportDescription) {
  const { type, kmsKeyArn } = target.encryption;
  return {
    LedgerName: ledgerName,
    ExportId: id,
    ExportCreationTime: created / 1000,
    Status: status,
    InclusiveStartTime: start / 1000,
    ExclusiveEndTime: end / 1000,
    S3ExportConfiguration: {
      Bucket: target.bucket,
      Prefix: target.prefix,
      EncryptionConfiguration: { ObjectEncryptionType: type, KmsKeyArn: kmsKeyArn },
    },
    RoleArn: roleArn,
    OutputFormat: format ?? "ION_TEXT",
  };
}

/** A token is the id of the last export shown. */
function page(all: readonly ExportDescription[], query: URLSearchParams): unknown {
  const most = Number(query.get("max_results") ?? 100);
  if (!Number.isInteger(most) || most < 1 || most > 100)
    throw new ControlError("InvalidParameterException", `max_results is ${query.get("max_results")}: allowed are 1 to 100`);
  const token = query.get("next_token");
  const last = all.findIndex(({ id }) => id === token);
  if (token !== null && last < 0) throw new ControlError("InvalidParameterException", `next_token ${token} is not valid any more`);
  const shown = all.slice(last + 1, last + 1 + most);
  return {
    JournalS3Exports: shown.map(shownExport),
    ...(last + 1 + shown.length < all.length ? { NextToken: shown.at(-1)?.id } : {}),
  };
}
