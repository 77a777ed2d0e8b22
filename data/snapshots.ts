import { chmod, mkdir, readdir, readFile, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { UsageError, UserError } from "../common/errors.ts";
import { ifPresent, writeWhole } from "../common/files.ts";
import { withLock } from "../common/lock.ts";
import { nearest } from "../common/nearest.ts";
import type { Progress } from "../common/progress.ts";
import { installFolder, removeStages } from "../common/staged-folder.ts";

/** What a snapshot is, beside its size. */
export interface SnapshotFacts {
  /** ISO 8601. */
  readonly savedAt: string;
  readonly journalBytes: number;
  readonly keys: number;
  readonly objects: number;
}

/** A snapshot on this machine. */
export interface Snapshot extends SnapshotFacts {
  readonly name: string;
  /** Of all its files. */
  readonly bytes: number;
}

/** Where the parts of a snapshot are, in its folder. */
export function snapshotFiles(folder: string) {
  return { facts: join(folder, "snapshot.json"), ledger: folder, redis: join(folder, "redis.jsonl"), s3: join(folder, "s3.jsonl") };
}

/** What is kept of a stack on this machine; `nitro down` removes it. */
function stackFolder(root: string, stack: string): string {
  return join(root, ".nitro", stack);
}

/**
 * Runs what changes, or copies, all data of a stack, while no other command does.
 * @param root the project's folder
 */
export async function withDataLock<T>(root: string, stack: string, progress: Pick<Progress, "line">, work: () => Promise<T>): Promise<T> {
  return withLock(join(stackFolder(root, stack), "data.lock"), work, {
    onWait: ({ pid }) => progress.line(`another command (process ${pid}) is at the data of stack ${stack}: waiting for it`),
  });
}

/** The snapshots of one stack, for nobody else to read: they hold what its S3 holds, secrets among it. */
export class StackSnapshots {
  private readonly stack: string;
  private readonly folder: string;

  /** @param root the project's folder */
  constructor(root: string, stack: string) {
    this.stack = stack;
    this.folder = join(stackFolder(root, stack), "snapshots");
  }

  /** The oldest first. */
  async list(): Promise<Snapshot[]> {
    const names = ((await ifPresent(readdir(this.folder))) ?? []).filter((name) => isSnapshotName(name));
    const found = await Promise.all(names.map((name) => this.read(name)));
    return found.filter((each) => each !== undefined).sort((a, b) => (a.savedAt < b.savedAt ? -1 : 1));
  }

  /** @returns its folder. @throws UserError where there is no such snapshot */
  async find(name: string): Promise<string> {
    if ((await this.read(name)) !== undefined) return this.path(name);
    const names = (await this.list()).map((each) => each.name);
    const meant = nearest(name, names);
    const has = names.length === 0 ? "it has none" : `it has ${names.map((each) => `"${each}"`).join(", ")}`;
    throw new UserError(
      `stack "${this.stack}" has no snapshot "${name}": ${has}`,
      meant === undefined ? `./nitro snapshot save ${name} -s ${this.stack} makes one of the present data` : `did you mean "${meant}"?`,
    );
  }

  /**
   * Makes a snapshot whole or not at all.
   * @param replace false: one of that name stays, and is told
   * @param fill writes its files and says what is in them
   * @throws UserError where there is one of that name
   */
  async save(name: string, replace: boolean, fill: (folder: string) => Promise<SnapshotFacts>): Promise<Snapshot> {
    if (!replace) await this.refuseTaken(name);
    await mkdir(this.folder, { recursive: true, mode: 0o700 });
    await installFolder(this.path(name), async (stage) => {
      await chmod(stage, 0o700);
      const facts = await fill(stage);
      await writeWhole(snapshotFiles(stage).facts, JSON.stringify(facts), { mode: 0o600 });
    });
    const made = await this.read(name);
    if (made === undefined) throw new Error(`${this.path(name)} is not there, though it was written`);
    return made;
  }

  /** @throws UserError where there is one of that name already */
  async refuseTaken(name: string): Promise<void> {
    if ((await this.read(name)) === undefined) return;
    throw new UserError(
      `stack "${this.stack}" has a snapshot "${name}" already: it is left alone`,
      `./nitro snapshot save ${name} --replace -s ${this.stack}, or another name`,
    );
  }

  /** @throws UserError where there is no such snapshot */
  async remove(name: string): Promise<void> {
    await rm(await this.find(name), { recursive: true });
    await removeStages(this.folder);
  }

  private path(name: string): string {
    return join(this.folder, name);
  }

  /** @returns undefined where there is none */
  private async read(name: string): Promise<Snapshot | undefined> {
    const folder = this.path(name);
    const text = await ifPresent(readFile(snapshotFiles(folder).facts, "utf8"));
    if (text === undefined) return undefined;
    const facts = parsed(text);
    if (facts === undefined) return undefined;
    const sizes = await Promise.all((await readdir(folder)).map(async (file) => (await stat(join(folder, file))).size));
    return { name, bytes: sizes.reduce((sum, size) => sum + size, 0), ...facts };
  }
}

/** @returns undefined for what no command has written */
function parsed(text: string): SnapshotFacts | undefined {
  try {
    const facts = JSON.parse(text) as Partial<SnapshotFacts>;
    const { savedAt, journalBytes, keys, objects } = facts;
    if (savedAt === undefined || journalBytes === undefined || keys === undefined || objects === undefined) return undefined;
    return { savedAt, journalBytes, keys, objects };
  } catch {
    return undefined;
  }
}

const snapshotName = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

function isSnapshotName(text: string): boolean {
  return snapshotName.test(text);
}

/** Reads a snapshot's name: it is the name of a folder. @throws UsageError */
export function snapshotNamed(text: string): string {
  if (isSnapshotName(text)) return text;
  throw new UsageError(
    `a snapshot's name is 1 to 64 letters, digits, ".", "_" and "-", and begins with a letter or digit: "${text}" is not`,
  );
}
