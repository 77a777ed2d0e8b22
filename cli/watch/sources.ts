import { matchesGlob, relative, resolve, sep } from "node:path";

/** What `go build` reads. Tests are no part of an executable. */
const goSources = ["**/*.go", "**/go.mod", "**/go.sum", "**/go.work", "**/vendor/modules.txt"];
const goTests = "**/*_test.go";

export interface Sources {
  /** Where the build runs: absolute. */
  readonly folder: string;
  /** Patterns of further files, relative to the folder or absolute, such as "templates/**" and "../common/**". */
  readonly also: readonly string[];
  /** Patterns of files and folders that are no sources; one without a slash is of a name, at any depth. */
  readonly ignore: readonly string[];
  /** Written by the build itself: not a source. */
  readonly output: string;
}

/** Which files are the sources of a program, wherever they are. Pure: what is read from files is handed in. */
export class SourceSet {
  readonly sources: Sources;
  /** The folders, and single files, that have to be watched. */
  roots: string[];
  /** Folders whose Go files are built, absolute. */
  private goFolders: readonly string[];
  /** By Go file: what it embeds. */
  private readonly embeds = new Map<string, readonly string[]>();

  constructor(sources: Sources, neighbours: readonly string[] = []) {
    this.sources = sources;
    this.goFolders = [sources.folder, ...neighbours];
    this.roots = this.findRoots();
  }

  /** @returns the folders that were not known yet */
  useNeighbours(neighbours: readonly string[]): string[] {
    const fresh = neighbours.filter((each) => !this.goFolders.includes(each));
    this.goFolders = [...this.goFolders, ...fresh];
    this.roots = this.findRoots();
    return fresh;
  }

  /** @returns true where the file embeds something that it did not before */
  useEmbeds(goFile: string, patterns: readonly string[]): boolean {
    const before = this.embeds.get(goFile) ?? [];
    if (patterns.length === 0) this.embeds.delete(goFile);
    else this.embeds.set(goFile, patterns);
    return patterns.some((pattern) => !before.includes(pattern));
  }

  /** Folders that hold what the file embeds, and single files. */
  embedRoots(goFile: string): string[] {
    return (this.embeds.get(goFile) ?? []).map((pattern) => resolve(goFile, "..", literalPart(pattern)));
  }

  /** @param path absolute */
  isSource(path: string): boolean {
    if (path === this.sources.output || this.isIgnored(path)) return false;
    if (this.sources.also.some((pattern) => this.matches(path, pattern))) return true;
    if (this.goFolders.some((folder) => isBelow(path, folder) && isGoSource(within(path, folder)))) return true;
    return [...this.embeds].some(([file, patterns]) => isEmbedded(within(path, resolve(file, "..")), patterns));
  }

  /** Whether nothing below a path can be a source. @param path absolute */
  isOutside(path: string): boolean {
    const roots = this.roots.filter((root) => isBelow(path, root) || path === root);
    return roots.every((root) => isSkipped(within(path, root))) || this.isIgnored(path);
  }

  /** Whether it is one of the folders that are named, or above one. @param path absolute */
  isNamed(path: string): boolean {
    return this.namedRoots().some((root) => root === path || isBelow(root, path));
  }

  /** A path as the patterns have it: relative to the folder, with slashes. */
  shown(path: string): string {
    return within(path, this.sources.folder);
  }

  private findRoots(): string[] {
    const all = this.namedRoots();
    return all.filter((path) => !all.some((other) => other !== path && isBelow(path, other) && !isSkipped(within(path, other))));
  }

  private namedRoots(): string[] {
    const named = this.sources.also.map((pattern) => resolve(this.sources.folder, literalPart(pattern)));
    return [...new Set([...this.goFolders, ...named])];
  }

  private isIgnored(path: string): boolean {
    return this.sources.ignore.some((pattern) =>
      prefixes(this.shown(path)).some((part) => matchesGlob(pattern.includes("/") ? part : (part.split("/").at(-1) ?? ""), pattern)),
    );
  }

  private matches(path: string, pattern: string): boolean {
    return matchesGlob(pattern.startsWith("/") ? path : this.shown(path), pattern);
  }
}

/** Whether Go builds a file. @param path relative to its module's folder, with slashes */
export function isGoSource(path: string): boolean {
  return goSources.some((pattern) => matchesGlob(path, pattern)) && !matchesGlob(path, goTests);
}

/** Hidden folders and those of other tools hold nothing that Go builds, and may hold thousands of files. */
export function isSkipped(path: string): boolean {
  return path.split("/").some((part) => part === "node_modules" || (part.startsWith(".") && part !== "." && part !== ".."));
}

/** A pattern of a folder embeds all that is below it. @param path relative to the Go file's folder */
function isEmbedded(path: string, patterns: readonly string[]): boolean {
  return !path.startsWith("..") && patterns.some((pattern) => prefixes(path).some((part) => matchesGlob(part, pattern)));
}

/** "a", "a/b" and "a/b/c" of "a/b/c". */
function prefixes(path: string): string[] {
  const parts = path.split("/");
  return parts.map((_, index) => parts.slice(0, index + 1).join("/"));
}

/** What of a pattern comes before its first wildcard: a folder, or the file that it names. */
function literalPart(pattern: string): string {
  const parts = pattern.split("/");
  const wild = parts.findIndex((part) => /[*?[\]{}()!]/.test(part));
  return wild === -1 ? pattern : parts.slice(0, wild).join("/") || (pattern.startsWith("/") ? "/" : ".");
}

function isBelow(path: string, folder: string): boolean {
  return path.startsWith(folder.endsWith(sep) ? folder : folder + sep);
}

function within(path: string, folder: string): string {
  return relative(folder, path).split(sep).join("/");
}
