import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { replaceOnDisk } from "./whole-file.ts";

/** What the control plane knows of a ledger. */
export interface LedgerDescription {
  readonly name: string;
  readonly strandId: string;
  /** Milliseconds since 1970. */
  readonly created: number;
  readonly permissionsMode: "ALLOW_ALL" | "STANDARD";
  readonly deletionProtection: boolean;
  readonly tags: Readonly<Record<string, string>>;
  /** So many blocks are in its journal at least: one that has fewer has lost some. */
  readonly leastBlocks?: number;
}

const ledgerName = /^(?!.*--)(?![0-9]+$)(?!-)(?!.*-$)[A-Za-z0-9-]{1,32}$/;

/** @returns what is wrong with a ledger's name, or undefined */
export function ledgerNameProblem(name: string): string | undefined {
  return ledgerName.test(name)
    ? undefined
    : `Ledger name "${name}" is not valid: 1 to 32 letters, digits and single hyphens, not digits alone`;
}

export function descriptionPath(folder: string): string {
  return join(folder, "ledger.json");
}

/** The file `ledger.json` of a ledger's folder. A crash leaves the old one or the new one. */
export class DescriptionFile {
  private readonly folder: string;
  private current: LedgerDescription;
  /** Changes come one after the other. */
  private queue: Promise<unknown> = Promise.resolve();

  private constructor(folder: string, current: LedgerDescription) {
    this.folder = folder;
    this.current = current;
  }

  /** @returns undefined where there is none. @throws Error naming the file where it is damaged or cannot be read */
  static async read(folder: string): Promise<DescriptionFile | undefined> {
    const text = await readFile(descriptionPath(folder), "utf8").catch((error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT" || error.code === "ENOTDIR") return undefined;
      throw error;
    });
    return text === undefined ? undefined : new DescriptionFile(folder, parse(folder, text));
  }

  static async create(folder: string, description: LedgerDescription): Promise<DescriptionFile> {
    await write(folder, description);
    return new DescriptionFile(folder, description);
  }

  get description(): LedgerDescription {
    return this.current;
  }

  /** Resolves once the change is on disk. */
  update(change: Partial<Omit<LedgerDescription, "name" | "strandId" | "created">>): Promise<LedgerDescription> {
    const done = this.queue
      .catch(() => undefined)
      .then(async () => {
        const changed = { ...this.current, ...change };
        await write(this.folder, changed);
        this.current = changed;
        return changed;
      });
    this.queue = done;
    return done;
  }
}

/** What is left out has the value of a ledger that `nitro ledger serve` makes: a lost file can be written anew from name and strand. */
function parse(folder: string, text: string): LedgerDescription {
  const damaged = (what: string) => new Error(`${descriptionPath(folder)} is damaged: ${what}; put it back from a copy`);
  let value: Partial<LedgerDescription> | null;
  try {
    value = JSON.parse(text) as Partial<LedgerDescription> | null;
  } catch (error) {
    throw damaged(error instanceof Error ? error.message : String(error));
  }
  const { name, strandId } = value ?? {};
  if (typeof name !== "string" || typeof strandId !== "string") throw damaged("it lacks name or strandId");
  const { created = 0, permissionsMode = "STANDARD", deletionProtection = false, tags = {} } = value ?? {};
  return { ...value, name, strandId, created, permissionsMode, deletionProtection, tags };
}

async function write(folder: string, description: LedgerDescription): Promise<void> {
  await replaceOnDisk(descriptionPath(folder), (file) => file.writeFile(JSON.stringify(description)));
}
