import { mkdir, readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { replaceOnDisk, unlessMissing } from "../whole-file.ts";

export const exportFormats = ["ION_TEXT", "ION_BINARY", "JSON"] as const;
export type ExportFormat = (typeof exportFormats)[number];

export const encryptionTypes = ["SSE_KMS", "SSE_S3", "NO_ENCRYPTION"] as const;

/** Where in S3 an export goes, and how it is encrypted there. */
export interface ExportTarget {
  readonly bucket: string;
  readonly prefix: string;
  readonly encryption: { readonly type: (typeof encryptionTypes)[number]; readonly kmsKeyArn?: string };
}

/** What was asked for. Times are milliseconds since 1970: blocks from `start` on, before `end`. */
export interface ExportOrder {
  readonly start: number;
  readonly end: number;
  readonly target: ExportTarget;
  readonly roleArn: string;
  /** Undefined where the request left it open: ION_TEXT then. */
  readonly format: ExportFormat | undefined;
}

/** An export of a journal, as it is kept on disk. */
export interface ExportDescription extends ExportOrder {
  readonly id: string;
  readonly ledgerName: string;
  /** Milliseconds since 1970. */
  readonly created: number;
  readonly status: "IN_PROGRESS" | "COMPLETED" | "CANCELLED";
}

/** QLDB forgets an export that long after it was asked for. */
export const exportLifetime = 7 * 24 * 3600 * 1000;

/** The exports of a ledger on disk: one file each, replaced as a whole. */
export class ExportFiles {
  private readonly folder: string;

  /** @param ledgerFolder the folder of the ledger */
  constructor(ledgerFolder: string) {
    this.folder = join(ledgerFolder, "exports");
  }

  /** Reads all of them. A damaged one is left out: it says nothing about the journal. @param log told of those */
  async read(log: (message: string) => void): Promise<ExportDescription[]> {
    const names = (await unlessMissing(readdir(this.folder))) ?? [];
    const found: ExportDescription[] = [];
    for (const name of names.filter((each) => each.endsWith(".json"))) {
      const path = join(this.folder, name);
      try {
        found.push(JSON.parse(await readFile(path, "utf8")) as ExportDescription);
      } catch (error) {
        log(`${path} is left out: ${error instanceof Error ? error.message : String(error)}`);
      }
    }
    return found;
  }

  /** Resolves once the description is on disk. */
  async write(description: ExportDescription): Promise<void> {
    await mkdir(this.folder, { recursive: true, mode: 0o700 });
    await replaceOnDisk(this.path(description.id), (file) => file.writeFile(JSON.stringify(description)));
  }

  async remove(id: string): Promise<void> {
    await rm(this.path(id), { force: true });
  }

  private path(id: string): string {
    return join(this.folder, `${id}.json`);
  }
}
