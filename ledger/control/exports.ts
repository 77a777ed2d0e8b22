import { newId } from "../ids.ts";
import type { Ledger } from "../ledger.ts";
import type { LedgerSurroundings } from "../surroundings.ts";
import { ControlError } from "./errors.ts";
import { blocksBetween } from "./export-blocks.ts";
import type { ExportConnection } from "./export-connection.ts";
import { type ExportDescription, ExportFiles, type ExportOrder, exportLifetime } from "./export-description.ts";
import { completedManifest, dataObjects, startedManifest } from "./export-objects.ts";
import type { ExportStorage } from "./export-storage.ts";

/** QLDB's limit of exports of one ledger at once. */
const mostAtOnce = 2;

/** Attempts for each object: few while somebody waits for the answer, more afterwards: S3 may be about to start just as the ledger is. */
const attempts = { answering: 3, running: 8 };

/**
 * The exports of one ledger's journal to S3. They outlive the process: one that a stop or a crash interrupted is done again from its
 * beginning with the next start, over the objects that are there already.
 */
export class JournalExports {
  private readonly ledgerName: string;
  private readonly ledger: Ledger;
  private readonly files: ExportFiles;
  private readonly storage: ExportStorage;
  private readonly surroundings: LedgerSurroundings;
  private readonly descriptions = new Map<string, ExportDescription>();
  private readonly running = new Set<Promise<void>>();
  private readonly stopping = new AbortController();

  private constructor(ledgerName: string, ledger: Ledger, files: ExportFiles, storage: ExportStorage, surroundings: LedgerSurroundings) {
    this.ledgerName = ledgerName;
    this.ledger = ledger;
    this.files = files;
    this.storage = storage;
    this.surroundings = surroundings;
  }

  /** Reads what is kept in the ledger's folder, forgets what is too old, and goes on with what was interrupted. */
  static async open(
    place: { readonly folder: string; readonly ledgerName: string; readonly ledger: Ledger },
    storage: ExportStorage,
    surroundings: LedgerSurroundings,
  ): Promise<JournalExports> {
    const files = new ExportFiles(place.folder);
    const exports = new JournalExports(place.ledgerName, place.ledger, files, storage, surroundings);
    for (const description of await files.read(surroundings.log)) {
      if (exports.isExpired(description)) await files.remove(description.id);
      else exports.descriptions.set(description.id, description);
    }
    for (const description of exports.list()) if (description.status === "IN_PROGRESS") exports.track(exports.run(description));
    return exports;
  }

  /** All that QLDB would still know of, the oldest first. */
  list(): ExportDescription[] {
    return [...this.descriptions.values()].filter((each) => !this.isExpired(each)).sort(byAge);
  }

  find(id: string): ExportDescription | undefined {
    const found = this.descriptions.get(id);
    return found === undefined || this.isExpired(found) ? undefined : found;
  }

  /**
   * Begins an export: S3 has taken its first manifest, and the export is on disk.
   * @throws ControlError where there is no S3, S3 refuses, or two exports run already
   */
  async start(order: ExportOrder): Promise<ExportDescription> {
    const { problem } = this.storage;
    if (problem !== undefined) throw new ControlError("ResourcePreconditionNotMetException", problem);
    if (this.running.size >= mostAtOnce)
      throw new ControlError(
        "LimitExceededException",
        `Ledger ${this.ledgerName} has ${mostAtOnce} exports in progress: wait for one to end`,
      );
    const created = this.surroundings.now();
    const description: ExportDescription = { ...order, id: newId(), ledgerName: this.ledgerName, created, status: "IN_PROGRESS" };
    const begun = this.begin(description);
    // It counts from here on: requests that come at the same time do not pass the limit together.
    this.track(begun.then((isBegun) => (isBegun ? this.run(description) : undefined)));
    if (!(await begun)) throw new ControlError("ResourceNotFoundException", `Ledger ${this.ledgerName} is gone`);
    return description;
  }

  /** Interrupts what runs. With the next start it begins again. */
  async close(): Promise<void> {
    this.stopping.abort();
    await Promise.all(this.running);
  }

  /** @returns false where the ledger was closed meanwhile */
  private async begin(description: ExportDescription): Promise<boolean> {
    const { signal } = this.stopping;
    const connection = await this.storage.connect(description.target, attempts.answering);
    try {
      await put(connection, startedManifest(description), signal);
    } catch (error) {
      if (signal.aborted) return false;
      throw new ControlError("InvalidParameterException", `QLDB encountered an error validating S3 configuration: ${s3Problem(error)}`);
    } finally {
      connection.close();
    }
    if (signal.aborted) return false;
    await this.keep(description);
    return true;
  }

  /** Never throws: an export that fails is CANCELLED, and the log says why. */
  private async run(description: ExportDescription): Promise<void> {
    const { signal } = this.stopping;
    try {
      await this.upload(description, signal);
      await this.keep({ ...description, status: "COMPLETED" });
    } catch (error) {
      if (signal.aborted) return;
      this.surroundings.log(`export ${description.id} of ledger ${this.ledgerName} is cancelled: ${s3Problem(error)}`);
      await this.keep({ ...description, status: "CANCELLED" }).catch((failure: unknown) => {
        this.surroundings.log(`export ${description.id} cannot be kept: ${s3Problem(failure)}`);
      });
    }
  }

  private async upload(description: ExportDescription, signal: AbortSignal): Promise<void> {
    const { problem } = this.storage;
    if (problem !== undefined) throw new Error(problem);
    const connection = await this.storage.connect(description.target, attempts.running);
    try {
      const keys: string[] = [];
      for await (const object of dataObjects(description, blocksBetween(this.ledger, description.start, description.end))) {
        await put(connection, object, signal);
        keys.push(object.key);
      }
      await put(connection, completedManifest(description, this.ledger.store.strandId, keys), signal);
    } finally {
      connection.close();
    }
  }

  private async keep(description: ExportDescription): Promise<void> {
    await this.files.write(description);
    this.descriptions.set(description.id, description);
  }

  private track(work: Promise<void>): void {
    const tracked: Promise<void> = work.catch(() => undefined).finally(() => this.running.delete(tracked));
    this.running.add(tracked);
  }

  private isExpired({ created }: ExportDescription): boolean {
    return this.surroundings.now() - created > exportLifetime;
  }
}

function byAge(a: ExportDescription, b: ExportDescription): number {
  return a.created - b.created || (a.id < b.id ? -1 : 1);
}

async function put(connection: ExportConnection, object: ReturnType<typeof startedManifest>, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  await connection.put(object.key, object.content, object.contentType, signal);
}

/** The code and message of an error of S3. */
function s3Problem(error: unknown): string {
  // A name with several addresses fails with an error for each, and none of its own.
  if (error instanceof AggregateError) return error.errors.map(s3Problem).join(", ");
  return error instanceof Error ? `${error.name} ${error.message}`.trim() : String(error);
}
