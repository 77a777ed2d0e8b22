import { readFile } from "node:fs/promises";
import { dirname, isAbsolute, join, resolve } from "node:path";
import { ifPresent } from "../../common/files.ts";

/**
 * Folders outside of a program's own that its build reads: those that `replace` in go.mod and go.work names, and the modules of go.work.
 * @param folder where the build runs; go.mod and go.work are looked for there and above, as Go does
 * @returns absolute paths
 */
export async function neighbourFolders(folder: string): Promise<string[]> {
  const [module, workspace] = await Promise.all([nearest(folder, "go.mod"), nearest(folder, "go.work")]);
  return [
    ...(module === undefined ? [] : replacedFolders(module.text).map((path) => resolve(module.folder, path))),
    ...(workspace === undefined
      ? []
      : [...usedFolders(workspace.text), ...replacedFolders(workspace.text)].map((path) => resolve(workspace.folder, path))),
  ];
}

async function nearest(folder: string, name: string): Promise<{ folder: string; text: string } | undefined> {
  const text = await ifPresent(readFile(join(folder, name), "utf8")).catch(() => undefined);
  if (text !== undefined) return { folder, text };
  return dirname(folder) === folder ? undefined : nearest(dirname(folder), name);
}

const comment = /\/\/.*$/gm;

/** Paths on the right of `=>`: Go takes for a folder what begins with a dot or a slash. Reference: https://go.dev/ref/mod#go-mod-file-replace */
export function replacedFolders(text: string): string[] {
  const found = text.replace(comment, "").matchAll(/=>[ \t]*("[^"]*"|`[^`]*`|\S+)[ \t]*$/gm);
  return [...found].map(([, path = ""]) => unquoted(path)).filter((path) => path.startsWith(".") || isAbsolute(path));
}

/** Folders that `use` names, alone or in a block. Reference: https://go.dev/ref/mod#go-work-file-use */
export function usedFolders(text: string): string[] {
  const plain = text.replace(comment, "");
  const alone = [...plain.matchAll(/^use[ \t]+("[^"]*"|`[^`]*`|[^\s(]+)[ \t]*$/gm)].map(([, path = ""]) => path);
  const blocks = [...plain.matchAll(/^use[ \t]*\(([^)]*)\)/gm)].flatMap(([, block = ""]) => block.split("\n").map((line) => line.trim()));
  return [...alone, ...blocks].filter((path) => path !== "").map(unquoted);
}

/**
 * What `//go:embed` lines of a Go file name: patterns relative to its folder, which may be of folders. Reference: https://pkg.go.dev/embed
 */
export function embedPatterns(source: string): string[] {
  return [...source.matchAll(/^\/\/go:embed[ \t]+(.+)$/gm)].flatMap(([, list = ""]) =>
    [...list.matchAll(/"[^"]*"|`[^`]*`|\S+/g)].map(([pattern]) => unquoted(pattern).replace(/^all:/, "")),
  );
}

function unquoted(text: string): string {
  return text.replace(/^(["`])(.*)\1$/, "$2");
}
