import { accessSync, constants } from "node:fs";
import { join, resolve } from "node:path";
import { endFormerLock } from "./former-lock.ts";
import { describeHolder, type FolderHolder, forgetHolder, readHolder, thisHolder, waysToEnd, writeHolder } from "./lock-holder.ts";

/** A name that no ledger can have, beside the ledgers' folders. */
const lockName = "server.lock";

/** What SQLite calls them: https://www.sqlite.org/rescode.html */
const [busy, noDatabase] = [5, 26];

/** Another process uses the data folder. */
export class FolderLockError extends Error {
  override readonly name = "FolderLockError";
  /** As it has told of itself; undefined where it has not, or not yet. */
  readonly holder: FolderHolder | undefined;

  constructor(folder: string, holder: FolderHolder | undefined) {
    super(
      `the folder ${folder} is in use by ${describeHolder(holder)}: end that one (${waysToEnd(holder)}), or use another folder (LEDGER_DIR)`,
    );
    this.holder = holder;
  }
}

/**
 * Takes a data folder for this process. The lock is the kernel's, on a file that stays empty: SQLite takes the one that each of its writers
 * takes, which is the same for all containers and processes of a kernel, is not inherited by a child, and ends with the process however it
 * ends. The file is never removed: a lock on a removed file would keep nobody out. Nothing else may open it in this process, as closing it
 * would give the lock up.
 * @returns gives the folder back
 * @throws FolderLockError naming the holder; the system's error where the folder cannot be written
 */
export function lockFolder(folder: string): () => void {
  const path = join(resolve(folder), lockName);
  const database = takeLock(folder, path);
  try {
    endFormerLock(folder, (holder) => new FolderLockError(folder, holder));
    writeHolder(folder, thisHolder(new Date()));
  } catch (error) {
    database.close();
    throw error;
  }
  return () => {
    forgetHolder(folder);
    database.close();
  };
}

/** @returns what keeps the lock as long as it is open */
function takeLock(folder: string, path: string): { close(): void } {
  // SQLite tells of a read-only file as of a locked one: too late, and without the reason.
  for (const each of [folder, path]) checkWritable(each);
  const { DatabaseSync } = sqlite();
  let database: InstanceType<typeof DatabaseSync> | undefined;
  try {
    database = new DatabaseSync(path);
    // A transaction that never ends. The first write of it fails where SQLite could open the file for reading only; none reaches the disk.
    database.exec("PRAGMA journal_mode = MEMORY; BEGIN IMMEDIATE; PRAGMA user_version = 1");
    return database;
  } catch (error) {
    database?.close();
    const code = error instanceof Error && "errcode" in error ? error.errcode : undefined;
    if (code === busy) throw new FolderLockError(folder, readHolder(folder));
    if (code === noDatabase) throw new Error(`${path} is not the lock of a ledger's folder: remove it, once no server uses the folder`);
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(`the folder ${folder} cannot be locked (${reason}): use one on a disk of this machine (LEDGER_DIR)`);
  }
}

function checkWritable(path: string): void {
  try {
    accessSync(path, constants.W_OK);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ENOENT")) throw error;
  }
}

/** Node's SQLite. The first Nodes of version 24 warn at its loading that it is experimental: nobody who runs a ledger can do anything about it. */
function sqlite(): typeof import("node:sqlite") {
  const { emitWarning } = process;
  process.emitWarning = () => undefined;
  try {
    return process.getBuiltinModule("node:sqlite");
  } finally {
    process.emitWarning = emitWarning;
  }
}
