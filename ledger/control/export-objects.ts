import { writeBinary } from "../ion/binary-writer.ts";
import { ionJson } from "../ion/json.ts";
import { writeText } from "../ion/text.ts";
import { timestampOf } from "../ion/timestamp.ts";
import { type IonValue, list, struct, text } from "../ion/value.ts";
import type { Block } from "../journal/block.ts";
import type { ExportDescription, ExportFormat } from "./export-description.ts";
import { shownBlock } from "./shown-block.ts";

/** An object of an export: https://docs.aws.amazon.com/qldb/latest/developerguide/export-journal.output.html */
export interface ExportObject {
  readonly key: string;
  readonly content: Buffer;
  readonly contentType: string;
}

/** Blocks of one object are gathered until they have that many bytes: more is never held in memory. */
const enoughBytes = 1 << 20;

const kinds: Readonly<Record<ExportFormat, { readonly extension: string; readonly contentType: string }>> = {
  ION_TEXT: { extension: "ion", contentType: "text/x-amzn-ion" },
  ION_BINARY: { extension: "ion", contentType: "application/x-amzn-ion" },
  JSON: { extension: "json", contentType: "application/json" },
};

/** The object that says that an export has begun, and what was asked for. */
export function startedManifest(description: ExportDescription): ExportObject {
  const { id, ledgerName, start, end, target, format } = description;
  const content = struct({
    ledgerName: text(ledgerName),
    exportId: text(id),
    inclusiveStartTime: timestampOf(start),
    exclusiveEndTime: timestampOf(end),
    bucket: text(target.bucket),
    prefix: text(target.prefix),
    objectEncryptionType: text(target.encryption.type),
    outputFormat: format && text(format),
  });
  return manifest(description, `${id}.started.manifest`, content);
}

/** The object that says that an export is complete: its data objects in the order of their blocks. */
export function completedManifest(description: ExportDescription, strandId: string, keys: readonly string[]): ExportObject {
  return manifest(description, `${description.id}.${strandId}.completed.manifest`, struct({ keys: list(keys.map(text)) }));
}

/** The data objects of blocks that come in order: each holds blocks of one hour. */
export async function* dataObjects(description: ExportDescription, blocks: AsyncIterable<Block>): AsyncGenerator<ExportObject> {
  const format = description.format ?? "ION_TEXT";
  const { extension, contentType } = kinds[format];
  let group: { readonly first: Block; last: Block; readonly pieces: Buffer[]; size: number } | undefined;
  const object = ({ first, last, pieces }: NonNullable<typeof group>): ExportObject => {
    const range = `${first.address.sequenceNo}-${last.address.sequenceNo}`;
    const name = `${hourOf(first)}/${first.address.strandId}.${range}.${extension}`;
    return { key: folderOf(description) + name, content: Buffer.concat(pieces), contentType };
  };
  for await (const block of blocks) {
    if (group !== undefined && (group.size >= enoughBytes || hourOf(group.first) !== hourOf(block))) {
      yield object(group);
      group = undefined;
    }
    group ??= { first: block, last: block, pieces: [], size: 0 };
    const bytes = encoded(shownBlock(block), format);
    group.last = block;
    // AWS's readers split the text of an object at "} {" (journal_s3_export_reader.py of amazon-qldb-dmv-sample-python).
    if (format === "ION_TEXT" && group.pieces.length > 0) group.pieces.push(space);
    group.pieces.push(bytes);
    group.size += bytes.length;
  }
  if (group !== undefined) yield object(group);
}

function manifest(description: ExportDescription, name: string, content: IonValue): ExportObject {
  const format = description.format ?? "ION_TEXT";
  return { key: folderOf(description) + name, content: encoded(content, format), contentType: kinds[format].contentType };
}

const space = Buffer.from(" ");

/** A value in a format: a line in JSON, and no more than the value in Ion. */
function encoded(value: IonValue, format: ExportFormat): Buffer {
  if (format === "ION_BINARY") return writeBinary(value);
  return Buffer.from(format === "JSON" ? `${ionJson(value)}\n` : writeText(value), "utf8");
}

/** A prefix is a folder, with or without its slash. */
function folderOf({ target: { prefix } }: ExportDescription): string {
  return prefix === "" || prefix.endsWith("/") ? prefix : `${prefix}/`;
}

function hourOf({ timestamp }: Block): string {
  const [date = "", hour = ""] = new Date(timestamp).toISOString().split(/[T:]/);
  return `${date.replaceAll("-", "/")}/${hour}`;
}
