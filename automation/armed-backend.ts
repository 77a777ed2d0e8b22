import { randomUUID } from "node:crypto";
import { existsSync, renameSync } from "node:fs";
import { copyFile, mkdir, readdir, rm, rmdir, stat, symlink } from "node:fs/promises";
import { hostname, userInfo } from "node:os";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { draftName, ifPresent, removeDrafts, writeWhole } from "../common/files.ts";
import { project, stackLockFolder } from "./lock.ts";
import { checkpointFiles } from "./state.ts";

/** Of the folders in a file backend: those that an update writes, but for its locks. */
const shared = ["stacks", "history", "backups"] as const;

/** Of the folders of those that are armed, each of its own process: a single swap may come while a watch has armed its next one. */
const prefix = "of-";

/**
 * A file backend with a copy of one stack, for an update that waits before it changes anything. Its pulumi holds a lock in here, where it is in
 * nobody's way, and could not change the real stack if it tried. `join` turns it into the real one. Layout: pkg/backend/diy of Pulumi.
 */
export class ArmedBackend {
  /** What pulumi takes as PULUMI_BACKEND_URL. */
  readonly url: string;
  private readonly real: string;
  private readonly folder: string;
  private readonly stack: string;
  /** Files of the stack outside of the backend that its program has read. */
  private readonly settings: readonly string[];
  private readonly before: string;
  private lock: string | undefined;

  private constructor(real: string, folder: string, stack: string, settings: readonly string[], before: string) {
    this.real = real;
    this.folder = folder;
    this.stack = stack;
    this.settings = settings;
    this.before = before;
    this.url = pathToFileURL(folder).href;
  }

  /**
   * @param real the folder of the file backend
   * @param parent gets a folder for it; what processes that have ended left there is removed
   * @param settings files that an update reads besides
   * @returns undefined where the stack is not there, or somebody is changing it
   */
  static async copy(real: string, parent: string, stack: string, settings: readonly string[]): Promise<ArmedBackend | undefined> {
    if (!checkpointFiles(real, stack).some((file) => existsSync(file))) return undefined;
    const before = await stamp([...checkpointFiles(real, stack), ...settings]);
    const folder = join(parent, draftName(prefix));
    const backend = new ArmedBackend(real, folder, stack, settings, before);
    // What a killed one left may still be joined, and its pulumi at work.
    if (!(await backend.isFree())) return undefined;
    await removeDrafts(parent, prefix);
    const inside = join(folder, ".pulumi");
    await mkdir(join(inside, "stacks", project), { recursive: true });
    await copyIfThere(join(real, ".pulumi", "meta.yaml"), join(inside, "meta.yaml"));
    const copied = await Promise.all(
      checkpointFiles(real, stack).map((file, index) => copyIfThere(file, checkpointFiles(folder, stack)[index] ?? "")),
    );
    if (copied.includes(true) && (await backend.isFree()) && (await backend.isUnchanged())) return backend;
    await backend.remove();
    return undefined;
  }

  /** True while the real stack is what was copied. */
  async isUnchanged(): Promise<boolean> {
    return (await stamp([...checkpointFiles(this.real, this.stack), ...this.settings])) === this.before;
  }

  /** True where nobody is changing the real stack. */
  async isFree(): Promise<boolean> {
    const names = (await ifPresent(readdir(stackLockFolder(this.real, this.stack)))) ?? [];
    return names.every((name) => !name.endsWith(".json") || join(stackLockFolder(this.real, this.stack), name) === this.lock);
  }

  /**
   * From now on, what is written in here is written to the real stack. Locks it first, and looks for other locks only then, as pulumi does.
   * @param pid of the pulumi that works in here, and has read the state
   * @returns false where somebody else has changed the real stack, or is about to: then nothing has happened
   */
  async join(pid: number): Promise<boolean> {
    const folder = stackLockFolder(this.real, this.stack);
    const lock = join(folder, `${randomUUID()}.json`);
    await mkdir(folder, { recursive: true });
    const holder = { pid, username: userInfo().username, hostname: hostname(), timestamp: new Date().toISOString() };
    await writeWhole(lock, JSON.stringify(holder));
    this.lock = lock;
    if ((await this.isFree()) && (await this.isUnchanged())) {
      const inside = join(this.folder, ".pulumi");
      for (const name of shared) {
        await mkdir(join(this.real, ".pulumi", name), { recursive: true });
        await symlink(join(this.real, ".pulumi", name), join(inside, `${name}.real`));
      }
      // At once: its pulumi may be at work.
      for (const name of shared) {
        if (existsSync(join(inside, name))) renameSync(join(inside, name), join(inside, `${name}.copy`));
        renameSync(join(inside, `${name}.real`), join(inside, name));
      }
      for (const name of shared) await rm(join(inside, `${name}.copy`), { recursive: true, force: true });
      return true;
    }
    await this.unlock();
    return false;
  }

  /** Removes the folder, and the lock of the real stack. Its pulumi must have ended. */
  async remove(): Promise<void> {
    await this.unlock();
    await rm(this.folder, { recursive: true, force: true });
    // Where another one is armed it stays.
    await rmdir(dirname(this.folder)).catch(() => {});
  }

  private async unlock(): Promise<void> {
    if (this.lock !== undefined) await rm(this.lock, { force: true });
    this.lock = undefined;
  }
}

/** Differs where a file was written or replaced. */
async function stamp(files: readonly string[]): Promise<string> {
  const stats = await Promise.all(files.map((file) => stat(file, { bigint: true }).catch(() => undefined)));
  return stats.map((each) => (each === undefined ? "none" : `${each.ino} ${each.size} ${each.mtimeNs}`)).join(", ");
}

async function copyIfThere(from: string, to: string): Promise<boolean> {
  return (await ifPresent(copyFile(from, to).then(() => true))) ?? false;
}
