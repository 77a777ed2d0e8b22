import { createHash } from "node:crypto";
import { type FSWatcher, watch } from "node:fs";
import { readFile, stat } from "node:fs/promises";
import { basename, dirname, matchesGlob, relative, sep } from "node:path";
import { watch as watchTree } from "chokidar";

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

async function stampOf(path: string): Promise<string> {
  const stats = await stat(path, { bigint: true }).catch(() => undefined);
  return stats === undefined ? "none" : `${stats.ino} ${stats.size} ${stats.mtimeNs}`;
}

/** What `go build` reads. Tests are no part of an executable. */
const goSources = ["**/*.go", "**/go.mod", "**/go.sum", "**/go.work", "**/vendor/modules.txt"];
const goTests = "**/*_test.go";

export interface Sources {
  readonly folder: string;
  /** Patterns of further files, relative to the folder, such as "templates/**". */
  readonly also: readonly string[];
  /** Written by the build itself: not a source. */
  readonly output: string;
}

/** Whether a file is a source. @param path relative to the folder, with slashes */
export function isSource(path: string, also: readonly string[]): boolean {
  if (also.some((pattern) => matchesGlob(path, pattern))) return true;
  return goSources.some((pattern) => matchesGlob(path, pattern)) && !matchesGlob(path, goTests);
}

/** Hidden folders and those of other tools hold nothing that Go builds, and may hold thousands of files. */
export function isSkipped(path: string): boolean {
  return path.split("/").some((part) => part === "node_modules" || (part.startsWith(".") && part !== "." && part !== ".."));
}

/**
 * Tells of changes of a program's sources. A file that is written again with the same content, as generators do, is no change.
 * @param onChange gets the file, relative to the folder
 * @param onError where the folder cannot be watched
 * @returns once no change is missed any more
 */
export async function watchSources(
  sources: Sources,
  onChange: (file: string) => void,
  onError: (error: unknown) => void,
): Promise<Unwatch> {
  const { folder, also, output } = sources;
  const inside = (path: string) => relative(folder, path).split(sep).join("/");
  const known = new Map<string, string>();
  const watcher = watchTree(folder, {
    ignoreInitial: true,
    ignored: (path, stats) => path === output || isSkipped(inside(path)) || (stats?.isFile() === true && !isSource(inside(path), also)),
  });
  watcher.on("all", (event, path) => {
    if (event !== "add" && event !== "change" && event !== "unlink") return;
    if (!isSource(inside(path), also)) return;
    void contentOf(path).then((content) => {
      if (known.get(path) === content) return;
      known.set(path, content);
      onChange(inside(path));
    });
  });
  watcher.on("error", onError);
  await new Promise<void>((resolve) => watcher.once("ready", resolve));
  return () => void watcher.close();
}

async function contentOf(path: string): Promise<string> {
  const bytes = await readFile(path).catch(() => undefined);
  return bytes === undefined ? "none" : createHash("sha256").update(bytes).digest("hex");
}
