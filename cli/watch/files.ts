import { createHash } from "node:crypto";
import { type FSWatcher, lstatSync, type Stats, statSync, watch } from "node:fs";
import { readdir, readFile, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { type FSWatcher as TreeWatcher, watch as watchTree } from "chokidar";
import { errorCode } from "../../common/errors.ts";
import type { SourceChange } from "./build-writes.ts";
import { embedPatterns, neighbourFolders } from "./go-modules.ts";
import { SourceSet, type Sources } from "./sources.ts";

/** Ends a watch. */
export type Unwatch = () => void;

/** How often the executable's file is looked at where the system does not tell of changes: some network and virtual file systems. */
const pollMs = 250;

/**
 * Tells of every change of one file, also where it or its folder is not there yet or is replaced.
 * @param onChange called soon after each change, and once more where a change is still going on
 */
export function watchFile(path: string, onChange: () => void): Unwatch {
  let last: string | undefined;
  let notifier: FSWatcher | undefined;
  const look = async () => {
    const now = await stampOf(path);
    if (last !== undefined && now !== last) onChange();
    last = now;
    notifier ??= notify(path, () => void look(), forget);
  };
  const forget = () => {
    notifier?.close();
    notifier = undefined;
  };
  void look();
  const timer = setInterval(() => void look(), pollMs);
  return () => {
    clearInterval(timer);
    forget();
  };
}

/** @returns undefined while the folder is not there */
function notify(path: string, onChange: () => void, onEnd: () => void): FSWatcher | undefined {
  try {
    const name = basename(path);
    const watcher = watch(dirname(path), { persistent: false }, (_, changed) => {
      if (changed === name || changed === null) onChange();
    });
    watcher.on("error", onEnd);
    return watcher;
  } catch {
    return undefined;
  }
}

/** The stamp of a file that is not there. */
export const absent = "none";

/** @returns what changes whenever the file is written or replaced */
export async function stampOf(path: string): Promise<string> {
  const stats = await stat(path, { bigint: true }).catch(() => undefined);
  return stats === undefined ? absent : `${stats.ino} ${stats.size} ${stats.mtimeNs}`;
}

/** What a watch of sources tells. */
export interface SourceListener {
  /** A source changed. */
  onChange(change: SourceChange): void;
  /** The system has no room for more watches: the sources are looked at every second from now on. */
  onPolling(): void;
  /** Some paths cannot be watched: told once for all that were found so, and again for those found later. @param first of `count` errors */
  onError(first: unknown, count: number): void;
}

/** Between two looks at every source, in ms. */
const sourcePollMs = 1_000;

/** How long errors that come after the first look are gathered, in ms: whatever one change brings is told at once. */
const gatherMs = 1_000;

/** inotify(7): the limits of watches and of instances a user may have. */
const noRoom = ["ENOSPC", "EMFILE"];

/**
 * Tells of changes of a program's sources, wherever they are. A file that is written again with the same content, as generators do, is no change.
 * Folders behind symbolic links are not looked into, as Go does not, but for those that are named.
 * @param stop aborted: ends the first look, which may be long
 * @returns once no change is missed any more, or the first look was stopped
 */
export async function watchSources(sources: Sources, listener: SourceListener, stop?: AbortSignal): Promise<Unwatch> {
  const set = new SourceSet(sources, await neighbourFolders(sources.folder));
  const watch = new SourceWatch(set, listener, stop);
  await watch.begin();
  return () => watch.end();
}

class SourceWatch {
  private readonly set: SourceSet;
  private readonly listener: SourceListener;
  /** Hashes of contents. */
  private readonly known = new Map<string, string>();
  private watcher: TreeWatcher | undefined;
  private polling = false;
  private readonly stop: AbortSignal | undefined;
  private failed: { first: unknown; count: number } | undefined;
  private gathering: NodeJS.Timeout | undefined;

  constructor(set: SourceSet, listener: SourceListener, stop: AbortSignal | undefined) {
    this.set = set;
    this.listener = listener;
    this.stop = stop;
  }

  async begin(): Promise<void> {
    const found: string[] = [];
    await this.open(found);
    if (this.polling) await this.open(found);
    if (this.stop?.aborted) return;
    await Promise.all(found.filter((path) => this.set.isSource(path)).map((path) => this.learn(path)));
  }

  end(): void {
    clearTimeout(this.gathering);
    void this.watcher?.close();
  }

  /** @param found gets the files that are there already */
  private async open(found: string[]): Promise<void> {
    if (this.stop?.aborted) return;
    let ready = false;
    const watcher = watchTree(this.set.roots, {
      ...(this.polling ? { usePolling: true, interval: sourcePollMs } : {}),
      ignored: (path, stats) => this.isIgnored(path, stats),
    });
    this.watcher = watcher;
    await new Promise<void>((resolve) => {
      watcher.on("all", (event, path) => {
        if (event !== "add" && event !== "change" && event !== "unlink") return;
        if (ready) void this.changed(path);
        else found.push(path);
      });
      watcher.on("error", (error) => {
        if (this.watcher !== watcher) return;
        if (!this.polling && noRoom.includes(errorCode(error) ?? "")) {
          this.polling = true;
          this.listener.onPolling();
          void watcher.close();
          // Afterwards it is opened again by whoever waits for this, or here.
          if (ready) void this.open([]);
          resolve();
        } else this.fail(error, ready);
      });
      watcher.once("ready", () => {
        ready = true;
        resolve();
      });
      this.stop?.addEventListener("abort", () => {
        if (ready) return;
        void watcher.close();
        resolve();
      });
    });
    this.tellFailed();
  }

  private isIgnored(path: string, stats: Stats | undefined): boolean {
    if (this.set.isOutside(path)) return true;
    if (stats?.isFile() === true) return !this.set.isSource(path);
    return !this.set.isNamed(path) && isLinkToFolder(path);
  }

  private fail(error: unknown, gather: boolean): void {
    this.failed = { first: this.failed?.first ?? error, count: (this.failed?.count ?? 0) + 1 };
    if (gather) this.gathering ??= setTimeout(() => this.tellFailed(), gatherMs);
  }

  private tellFailed(): void {
    const { failed } = this;
    this.failed = undefined;
    this.gathering = undefined;
    if (failed !== undefined && !this.stop?.aborted) this.listener.onError(failed.first, failed.count);
  }

  private async changed(path: string): Promise<void> {
    if (!this.set.isSource(path)) return;
    const before = this.known.get(path);
    const { hash, at } = await this.learn(path);
    if (before === hash) return;
    if (/\/go\.(mod|work)$/.test(path)) this.watcher?.add(this.set.useNeighbours(await neighbourFolders(this.set.sources.folder)));
    this.listener.onChange({ file: this.set.shown(path), at });
  }

  /** Reads a source. What a Go file embeds is a source too, and what is there of it is known from now on. */
  private async learn(path: string): Promise<Content> {
    const content = await contentOf(path);
    this.known.set(path, content.hash);
    if (!path.endsWith(".go") || !this.set.useEmbeds(path, embedPatterns(content.text))) return content;
    const embedded = (await Promise.all(this.set.embedRoots(path).map(filesBelow))).flat();
    const fresh = embedded.filter((file) => !this.known.has(file) && this.set.isSource(file));
    for (const file of fresh) this.known.set(file, (await contentOf(file)).hash);
    this.watcher?.add(fresh);
    return content;
  }
}

/** A link can lead to above itself, or to a file system without an end, such as /proc. */
function isLinkToFolder(path: string): boolean {
  try {
    return lstatSync(path).isSymbolicLink() && statSync(path).isDirectory();
  } catch {
    // Whoever watches it finds out what it is.
    return false;
  }
}

/** The files of a folder and below; a file is itself, and what is not there is none. */
async function filesBelow(path: string): Promise<string[]> {
  const entries = await readdir(path, { recursive: true, withFileTypes: true }).catch(() => undefined);
  if (entries === undefined) return [path];
  return entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name));
}

interface Content {
  readonly hash: string;
  readonly text: string;
  /** When it was written, in ms since 1970. */
  readonly at: number;
}

async function contentOf(path: string): Promise<Content> {
  const [bytes, stats] = await Promise.all([readFile(path).catch(() => undefined), stat(path).catch(() => undefined)]);
  const hash = bytes === undefined ? "none" : createHash("sha256").update(bytes).digest("hex");
  return { hash, text: bytes?.toString("utf8") ?? "", at: stats?.mtimeMs ?? Date.now() };
}
