import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import ts from "typescript";

/** Sources of ours, read and bound: enough to follow a name to its declaration, without the types of anybody's packages. */
export interface BoundSources {
  readonly files: readonly ts.SourceFile[];
  /** @returns what a name stands for, in whichever file that is declared; undefined for what is not ours */
  declarationOf(name: ts.Node): ts.Declaration | undefined;
}

/** The texts of all TypeScript files of a checkout but tests, by their paths relative to the root. */
export function sourceTexts(root: string): ReadonlyMap<string, string> {
  const args = ["ls-files", "-z", "--cached", "--others", "--exclude-standard", "*.ts"];
  const names = execFileSync("git", args, { cwd: root, encoding: "utf8" }).split("\0");
  const ours = names.filter((name) => name !== "" && !/^(test|bench|examples|docs)\//.test(name) && existsSync(join(root, name)));
  return new Map([...new Set(ours)].sort().map((name) => [name, readFileSync(join(root, name), "utf8")]));
}

/** @param texts by paths relative to the root */
export function readSources(texts: ReadonlyMap<string, string>): BoundSources {
  const options: ts.CompilerOptions = {
    noLib: true,
    noResolve: true,
    types: [],
    target: ts.ScriptTarget.ESNext,
    module: ts.ModuleKind.ESNext,
    moduleResolution: ts.ModuleResolutionKind.Bundler,
    allowImportingTsExtensions: true,
    noEmit: true,
  };
  const parsed = new Map([...texts].map(([name, text]) => [`/${name}`, ts.createSourceFile(`/${name}`, text, options.target ?? 99, true)]));
  const folders = new Set([...parsed.keys()].map(dirname));
  const host: ts.CompilerHost = {
    getSourceFile: (name) => parsed.get(name),
    getDefaultLibFileName: () => "/lib.d.ts",
    writeFile: () => undefined,
    getCurrentDirectory: () => "/",
    getCanonicalFileName: (name) => name,
    useCaseSensitiveFileNames: () => true,
    getNewLine: () => "\n",
    fileExists: (name) => parsed.has(name),
    readFile: (name) => parsed.get(name)?.text,
    directoryExists: (name) => folders.has(name),
  };
  const checker = ts.createProgram([...parsed.keys()], options, host).getTypeChecker();
  const declarationOf = (name: ts.Node) => {
    const symbol = ts.isShorthandPropertyAssignment(name.parent)
      ? checker.getShorthandAssignmentValueSymbol(name.parent)
      : checker.getSymbolAtLocation(name);
    const real = symbol !== undefined && (symbol.flags & ts.SymbolFlags.Alias) !== 0 ? checker.getAliasedSymbol(symbol) : symbol;
    return real?.valueDeclaration ?? real?.declarations?.[0];
  };
  return { files: [...parsed.values()], declarationOf };
}

/** Every node of a kind, in the order of the text. */
export function nodesOf<T extends ts.Node>(files: readonly ts.SourceFile[], is: (node: ts.Node) => node is T): readonly T[] {
  const found: T[] = [];
  const visit = (node: ts.Node): void => {
    if (is(node)) found.push(node);
    ts.forEachChild(node, visit);
  };
  for (const file of files) visit(file);
  return found;
}
