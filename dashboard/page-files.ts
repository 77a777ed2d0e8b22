import { readFile } from "node:fs/promises";
import { join } from "node:path";

/** A file of the page, as it is sent. */
export interface PageFile {
  /** With its charset. */
  readonly type: string;
  readonly content: Buffer;
}

const folder = join(import.meta.dirname, "page");

/**
 * @param first the view that is shown where the address names none
 * @returns everything that the page consists of, by path: the markup, the style, and one script made of its sources and of preact
 */
export async function pageFiles(first: "stack" | "ledger"): Promise<ReadonlyMap<string, PageFile>> {
  const [markup, style, icon, script] = await Promise.all([
    readFile(join(folder, "index.html"), "utf8"),
    readFile(join(folder, "style.css")),
    readFile(join(folder, "icon.svg")),
    pageScript(),
  ]);
  return new Map([
    ["/", { type: "text/html; charset=utf-8", content: Buffer.from(markup.replace('data-first="stack"', `data-first="${first}"`)) }],
    ["/style.css", { type: "text/css; charset=utf-8", content: style }],
    ["/icon.svg", { type: "image/svg+xml", content: icon }],
    ["/main.js", { type: "text/javascript; charset=utf-8", content: script }],
  ]);
}

/** Without types, in one file: a browser that follows imports from file to file shows the page later. */
async function pageScript(): Promise<Buffer> {
  const { build, stop } = await import("esbuild");
  try {
    const { outputFiles } = await build({
      absWorkingDir: folder,
      entryPoints: ["main.tsx"],
      bundle: true,
      write: false,
      minify: true,
      format: "esm",
      target: "es2024",
      jsx: "automatic",
      jsxImportSource: "preact",
      legalComments: "none",
      tsconfigRaw: { compilerOptions: { verbatimModuleSyntax: true } },
      logLevel: "silent",
    });
    return Buffer.from(outputFiles[0]?.contents ?? []);
  } finally {
    // Else its process stays as long as the page is served.
    await stop();
  }
}
