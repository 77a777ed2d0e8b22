import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { DescriptionFile, type LedgerDescription, ledgerNameProblem } from "../description.ts";
import { isDiskFull } from "../disk-full.ts";
import { newId } from "../ids.ts";
import { Ledger } from "../ledger.ts";
import {
  createLedgerFolder,
  createNextFolder,
  deleteLedgerFolder,
  findLedger,
  finishDeletion,
  finishReplacements,
  nextPath,
  replaceLedgerFolder,
} from "../ledger-folder.ts";
import { makeFolder } from "../make-folder.ts";
import { makeTables } from "../make-tables.ts";
import type { LedgerSurroundings } from "../surroundings.ts";
import { diskIsFull } from "../transaction/errors.ts";
import { ControlError } from "./errors.ts";
import { type ExportStorage, storageFromEnvironment } from "./export-storage.ts";
import { JournalExports } from "./exports.ts";

interface Entry {
  readonly file: DescriptionFile;
  readonly ledger: Ledger;
  readonly exports: JournalExports;
}

/** All ledgers of a data folder: one folder each, with its description and its journal. */
export class Registry {
  readonly region: string;
  readonly account: string;
  private readonly folder: string;
  private readonly surroundings: LedgerSurroundings;
  private readonly storage: ExportStorage;
  private readonly entries = new Map<string, Entry>();
  /** Changes come one after the other. */
  private queue: Promise<unknown> = Promise.resolve();

  private constructor(
    folder: string,
    place: { region: string; account: string },
    surroundings: LedgerSurroundings,
    storage: ExportStorage,
  ) {
    this.folder = folder;
    this.region = place.region;
    this.account = place.account;
    this.surroundings = surroundings;
    this.storage = storage;
  }

  /** Opens every ledger of a folder. @param storage where journals are exported to @throws JournalError */
  static async open(
    folder: string,
    place: { region: string; account: string },
    surroundings: LedgerSurroundings,
    storage = storageFromEnvironment(process.env),
  ): Promise<Registry> {
    const registry = new Registry(folder, place, surroundings, storage);
    makeFolder(folder);
    await finishReplacements(folder);
    try {
      for (const name of (await readdir(folder)).sort()) await registry.openName(name);
      return registry;
    } catch (error) {
      await registry.close();
      throw error;
    }
  }

  ledger(name: string): Ledger | undefined {
    return this.entries.get(name)?.ledger;
  }

  exports(name: string): JournalExports | undefined {
    return this.entries.get(name)?.exports;
  }

  /** Milliseconds since 1970. */
  now(): number {
    return this.surroundings.now();
  }

  describe(name: string): LedgerDescription | undefined {
    return this.entries.get(name)?.file.description;
  }

  list(): LedgerDescription[] {
    return [...this.entries.values()].map(({ file }) => file.description).sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** @param region the client's own, where its request tells it */
  arn(name: string, region = this.region): string {
    return `arn:aws:qldb:${region}:${this.account}:ledger/${name}`;
  }

  /** @throws ControlError for a name that is not allowed or taken */
  create(settings: Pick<LedgerDescription, "name" | "permissionsMode" | "deletionProtection" | "tags">): Promise<LedgerDescription> {
    return this.inTurn(async () => {
      const { name } = settings;
      const problem = ledgerNameProblem(name);
      if (problem !== undefined) throw new ControlError("InvalidParameterException", problem);
      if (this.entries.has(name)) throw new ControlError("ResourceAlreadyExistsException", `Ledger with name ${name} already exists`);
      const description = { ...settings, strandId: newId(), created: this.surroundings.now() };
      const file = await createLedgerFolder(this.folder, description);
      this.entries.set(name, await this.openEntry(join(this.folder, name), file));
      return description;
    });
  }

  /** @throws ControlError where there is no such ledger */
  update(
    name: string,
    change: Partial<Pick<LedgerDescription, "permissionsMode" | "deletionProtection" | "tags">>,
  ): Promise<LedgerDescription> {
    return this.inTurn(() => this.entry(name).file.update(change));
  }

  /** @throws ControlError where there is no such ledger, or it is protected */
  delete(name: string): Promise<void> {
    return this.inTurn(async () => {
      const entry = this.entry(name);
      if (entry.file.description.deletionProtection)
        throw new ControlError(
          "ResourcePreconditionNotMetException",
          `Ledger ${name} is protected from deletion: set DeletionProtection to false first`,
        );
      this.entries.delete(name);
      await entry.exports.close();
      await entry.ledger.close();
      await deleteLedgerFolder(join(this.folder, name));
    });
  }

  /**
   * Puts an empty ledger in a ledger's place: with the same tables, and a journal of its own. Sessions are over, drivers begin others.
   * @returns how many documents there were. @throws ControlError where there is no such ledger
   */
  reset(name: string): Promise<{ readonly tables: number; readonly documents: number }> {
    return this.inTurn(async () => {
      const { ledger, file } = this.entry(name);
      const tables = [...ledger.store.tables.values()].filter(({ definition }) => definition.status === "ACTIVE");
      const fresh = { strandId: newId(), created: this.surroundings.now(), leastBlocks: 0 };
      const next = await Ledger.open(
        nextPath(this.folder, name),
        await createNextFolder(this.folder, { ...file.description, ...fresh }),
        this.surroundings,
      );
      await makeTables(
        next,
        tables.map(({ definition }) => definition),
        this.surroundings.now,
      ).finally(() => next.close());
      await this.takePlace(name);
      return { tables: tables.length, documents: tables.reduce((sum, { live }) => sum + live.size, 0) };
    });
  }

  /**
   * Puts what was written beside a ledger, a description and a journal, in its place; the ledger goes on where they are damaged.
   * @throws ControlError where there is no such ledger, or no such thing beside it; JournalError
   */
  replace(name: string): Promise<LedgerDescription> {
    return this.inTurn(async () => {
      this.entry(name);
      const path = nextPath(this.folder, name);
      const file = await DescriptionFile.read(path);
      if (file?.description.name !== name)
        throw new ControlError("ResourcePreconditionNotMetException", `${path} has no description of ledger ${name}`);
      await (await Ledger.open(path, file, this.surroundings)).close();
      return await this.takePlace(name);
    });
  }

  /** Resolves once a ledger that is being replaced is there again. */
  async settled(name: string): Promise<void> {
    if (this.entries.get(name)?.ledger.closed === true) await this.queue.catch(() => undefined);
  }

  private async takePlace(name: string): Promise<LedgerDescription> {
    const { ledger, exports } = this.entry(name);
    await exports.close();
    await ledger.close();
    await replaceLedgerFolder(this.folder, name);
    this.entries.delete(name);
    await this.openName(name);
    return this.entry(name).file.description;
  }

  async close(): Promise<void> {
    await this.queue.catch(() => undefined);
    await Promise.all(
      [...this.entries.values()].map(async ({ ledger, exports }) => {
        await exports.close();
        await ledger.close();
      }),
    );
  }

  /** Opens what a name in the folder stands for, where that is a ledger. */
  private async openName(name: string): Promise<void> {
    const path = join(this.folder, name);
    if (ledgerNameProblem(name) === undefined) await finishDeletion(path);
    const file = await findLedger(this.folder, name);
    if (file !== undefined) this.entries.set(name, await this.openEntry(path, file));
  }

  private async openEntry(folder: string, file: DescriptionFile): Promise<Entry> {
    const ledger = await Ledger.open(folder, file, this.surroundings);
    const place = { folder, ledgerName: file.description.name, ledger };
    return { file, ledger, exports: await JournalExports.open(place, this.storage, this.surroundings) };
  }

  private entry(name: string): Entry {
    const entry = this.entries.get(name);
    if (entry === undefined) throw new ControlError("ResourceNotFoundException", `Ledger with name ${name} does not exist`);
    return entry;
  }

  private inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.queue
      .catch(() => undefined)
      .then(work)
      .catch((error: unknown) => {
        throw isDiskFull(error) ? diskIsFull(error) : error;
      });
    this.queue = done;
    return done;
  }
}
