import { posix } from "node:path";
import { type Page, readPage } from "./markdown.ts";

const { dirname, join, normalize } = posix;

/** What Markdown can point at. Paths are relative to the root and have forward slashes. */
export interface Tree {
  readonly files: ReadonlySet<string>;
  /** Every folder that holds a file; the root is "". */
  readonly folders: ReadonlySet<string>;
  /** @param file one of the files */
  read(file: string): string;
}

/** @param files of a checkout */
export function treeOf(files: readonly string[], read: (file: string) => string): Tree {
  const folders = new Set<string>([""]);
  for (const file of files) for (let folder = dirname(file); folder !== "."; folder = dirname(folder)) folders.add(folder);
  return { files: new Set(files), folders, read };
}

/**
 * Looks for what the pages of a tree point at and what is not there.
 * @returns one line each, such as `docs/stack.md:12: link ../gone.md: there is no gone.md`
 */
export function missingTargets(tree: Tree): string[] {
  const pages = new Map([...tree.files].filter((file) => file.endsWith(".md")).map((file) => [file, readPage(tree.read(file))]));
  return [...pages].flatMap(([file, page]) => [
    ...page.links.flatMap(({ line, text }) => {
      const problem = linkProblem(text, file, tree, pages);
      return problem === undefined ? [] : [`${file}:${line}: link ${text}: ${problem}`];
    }),
    ...page.words.flatMap(({ line, text }) =>
      pathsIn(text, dirname(file), tree)
        .filter((path) => !isThere(path, dirname(file), tree))
        .map((path) => `${file}:${line}: path ${path}: there is no such file or folder`),
    ),
  ]);
}

function linkProblem(link: string, file: string, tree: Tree, pages: ReadonlyMap<string, Page>): string | undefined {
  const [path = "", anchor] = decodeURIComponent(link).split("#");
  const target = path === "" ? file : within(join(dirname(file), path));
  if (!tree.files.has(target) && !tree.folders.has(target)) return `there is no ${target}`;
  if (anchor === undefined || pages.get(target)?.anchors.has(anchor) === true) return undefined;
  return `${target} has no heading #${anchor}`;
}

/** Endings of files of ours: a word without a slash is a path where it has one of them. */
const ending = /\.(ts|go|json|yml|yaml|md|sh|mod|sum|txt)$/;

/**
 * The paths of ours that a word of code names: those that begin with a file or folder of the root, or of the page's own folder, and
 * TypeScript files by their bare name. Braces are opened; a path ends before a placeholder.
 */
function pathsIn(word: string, folder: string, tree: Tree): string[] {
  const bare = word
    .replace(/^["'(]+/, "")
    .replace(/["'),;:.]+$/, "")
    .replace(/^\.\//, "")
    .replace(/:\d+(-\d+)?$/, "");
  return opened(bare)
    .map((path) => path.replace(/[^/]*[<>…$=`|\\].*$/, ""))
    .filter((path) => (path.includes("/") || ending.test(path)) && isOurs(path, folder, tree));
}

function isOurs(path: string, folder: string, tree: Tree): boolean {
  const upwards = path.startsWith("../");
  const [first = ""] = (upwards ? join(folder, path) : path).split("/");
  if (first === "" || first === "..") return false;
  const has = (entry: string) => tree.files.has(entry) || tree.folders.has(entry);
  return has(first) || (!upwards && has(join(folder, first))) || /^[^/]+\.ts$/.test(path);
}

function isThere(path: string, folder: string, tree: Tree): boolean {
  return [join(folder, path), path].map(within).some((each) => {
    if (!each.includes("*")) return tree.files.has(each) || tree.folders.has(each);
    return [...tree.files, ...tree.folders].some((known) => posix.matchesGlob(known, each));
  });
}

/** @returns without `.` and a slash at its end; the root is "" */
function within(path: string): string {
  const plain = normalize(path).replace(/\/$/, "");
  return plain === "." ? "" : plain;
}

/** `a/{b,c}.ts` stands for `a/b.ts` and `a/c.ts`. */
function opened(word: string): string[] {
  const [whole, before = "", inside = "", after = ""] = /^([^{]*)\{([^{}]*,[^{}]*)\}(.*)$/.exec(word) ?? [];
  return whole === undefined ? [word] : inside.split(",").flatMap((each) => opened(`${before}${each.trim()}${after}`));
}
