import { mkdir, readdir, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { newId } from "../ids.ts";
import { Ledger, type Surroundings } from "../ledger.ts";
import { syncFolder } from "../sync-folder.ts";
import { replaceOnDisk } from "../whole-file.ts";
import { ControlError } from "./errors.ts";
import { type ExportStorage, storageFromEnvironment } from "./export-storage.ts";
import { JournalExports } from "./exports.ts";

/** What the control plane knows of a ledger. */
export interface LedgerDescription {
  readonly name: string;
  readonly strandId: string;
  /** Milliseconds since 1970. */
  readonly created: number;
  readonly permissionsMode: "ALLOW_ALL" | "STANDARD";
  readonly deletionProtection: boolean;
  readonly tags: Readonly<Record<string, string>>;
}

const ledgerName = /^(?!.*--)(?![0-9]+$)(?!-)(?!.*-$)[A-Za-z0-9-]{1,32}$/;

/** @returns what is wrong with a ledger's name, or undefined */
export function ledgerNameProblem(name: string): string | undefined {
  return ledgerName.test(name)
    ? undefined
    : `Ledger name "${name}" is not valid: 1 to 32 letters, digits and single hyphens, not digits alone`;
}

interface Entry {
  description: LedgerDescription;
  readonly ledger: Ledger;
  readonly exports: JournalExports;
}

/** All ledgers of a data folder: one folder each, with its description and its journal. */
export class Registry {
  readonly region: string;
  readonly account: string;
  private readonly folder: string;
  private readonly surroundings: Surroundings;
  private readonly storage: ExportStorage;
  private readonly entries = new Map<string, Entry>();
  /** Changes come one after the other. */
  private queue: Promise<unknown> = Promise.resolve();

  private constructor(folder: string, place: { region: string; account: string }, surroundings: Surroundings, storage: ExportStorage) {
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
    surroundings: Surroundings,
    storage = storageFromEnvironment(process.env),
  ): Promise<Registry> {
    const registry = new Registry(folder, place, surroundings, storage);
    await mkdir(folder, { recursive: true });
    for (const name of await readdir(folder)) {
      const path = join(folder, name);
      if (name.endsWith(".deleted")) {
        await rm(path, { recursive: true, force: true });
        continue;
      }
      const text = await readFile(join(path, "ledger.json"), "utf8").catch(() => undefined);
      if (text === undefined) continue;
      const description = readDescription(path, text);
      registry.entries.set(name, await registry.openEntry(path, description));
    }
    return registry;
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
    return this.entries.get(name)?.description;
  }

  list(): LedgerDescription[] {
    return [...this.entries.values()].map(({ description }) => description).sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  arn(name: string): string {
    return `arn:aws:qldb:${this.region}:${this.account}:ledger/${name}`;
  }

  /** @throws ControlError for a name that is not allowed or taken */
  create(settings: Pick<LedgerDescription, "name" | "permissionsMode" | "deletionProtection" | "tags">): Promise<LedgerDescription> {
    return this.inTurn(async () => {
      const { name } = settings;
      const problem = ledgerNameProblem(name);
      if (problem !== undefined) throw new ControlError("InvalidParameterException", problem);
      if (this.entries.has(name)) throw new ControlError("ResourceAlreadyExistsException", `Ledger with name ${name} already exists`);
      const description = { ...settings, strandId: newId(), created: this.surroundings.now() };
      const folder = join(this.folder, name);
      await mkdir(folder, { recursive: true });
      await writeDescription(folder, description);
      await syncFolder(this.folder);
      this.entries.set(name, await this.openEntry(folder, description));
      return description;
    });
  }

  /** @throws ControlError where there is no such ledger */
  update(
    name: string,
    change: Partial<Pick<LedgerDescription, "permissionsMode" | "deletionProtection" | "tags">>,
  ): Promise<LedgerDescription> {
    return this.inTurn(async () => {
      const entry = this.entry(name);
      const description = { ...entry.description, ...change };
      await writeDescription(join(this.folder, name), description);
      entry.description = description;
      return description;
    });
  }

  /** @throws ControlError where there is no such ledger, or it is protected */
  delete(name: string): Promise<void> {
    return this.inTurn(async () => {
      const entry = this.entry(name);
      if (entry.description.deletionProtection)
        throw new ControlError(
          "ResourcePreconditionNotMetException",
          `Ledger ${name} is protected from deletion: set DeletionProtection to false first`,
        );
      this.entries.delete(name);
      await entry.exports.close();
      await entry.ledger.close();
      const gone = join(this.folder, `${name}.deleted`);
      await rename(join(this.folder, name), gone);
      await rm(gone, { recursive: true, force: true });
    });
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

  private async openEntry(folder: string, description: LedgerDescription): Promise<Entry> {
    const ledger = await Ledger.open(folder, description.strandId, this.surroundings);
    const place = { folder, ledgerName: description.name, ledger };
    return { description, ledger, exports: await JournalExports.open(place, this.storage, this.surroundings) };
  }

  private entry(name: string): Entry {
    const entry = this.entries.get(name);
    if (entry === undefined) throw new ControlError("ResourceNotFoundException", `Ledger with name ${name} does not exist`);
    return entry;
  }

  private inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.queue.catch(() => undefined).then(work);
    this.queue = done;
    return done;
  }
}

/** @throws Error naming the file where it is damaged */
function readDescription(folder: string, text: string): LedgerDescription {
  try {
    return JSON.parse(text) as LedgerDescription;
  } catch (error) {
    throw new Error(`${join(folder, "ledger.json")} is damaged: ${error instanceof Error ? error.message : String(error)}`);
  }
}

async function writeDescription(folder: string, description: LedgerDescription): Promise<void> {
  await replaceOnDisk(join(folder, "ledger.json"), (file) => file.writeFile(JSON.stringify(description)));
}
