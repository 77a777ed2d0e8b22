import { ControlError } from "./errors.ts";
import { exportsOf, shownExport } from "./list-journal-s3-exports.ts";
import type { ControlRequest } from "./request.ts";

/** GET /ledgers/{name}/journal-s3-exports/{exportId} → `{ExportDescription}` */
export function describeJournalS3Export({ registry, path: [name = "", id = ""] }: ControlRequest): unknown {
  const found = exportsOf(registry, name).find(id);
  if (found === undefined) throw new ControlError("ResourceNotFoundException", `Ledger ${name} has no export with id ${id}`);
  return { ExportDescription: shownExport(found) };
}
