import { mkdirSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { Engine } from "../../docker/engine.ts";
import { ensureGo } from "../../toolchain/go.ts";
import { root, run } from "./nitro.ts";

/** Builds the sample for the engine with a version of its own, so that a swap can be seen. @returns the file's absolute path */
export async function buildSample(file: string, version: string): Promise<string> {
  return await build(resolve(root, "sample"), file, await forEngine(), ["-ldflags", `-X main.version=${version}`]);
}

/** Where `buildGated` looks in its container, whose /tmp is its own. */
export const gate = "/tmp/gate";

/** Builds the sample as a program that does nothing at all before there is a file `gate`. @returns the file's absolute path */
export async function buildGated(file: string, version: string): Promise<string> {
  const source = `${resolve(file)}.go`;
  const wait = `for { if _, err := os.Stat(${JSON.stringify(gate)}); err == nil { return }; time.Sleep(20 * time.Millisecond) }`;
  writeFileSync(source, `package main\n\nimport (\n"os"\n"time"\n)\n\nfunc init() { ${wait} }\n`);
  const overlay = `${resolve(file)}.json`;
  writeFileSync(overlay, JSON.stringify({ Replace: { [resolve(root, "sample/gate.go")]: source } }));
  const flags = ["-overlay", overlay, "-ldflags", `-X main.version=${version}`];
  return await build(resolve(root, "sample"), file, await forEngine(), flags);
}

/** Builds the smallest program there is, for any system: enough to be refused. @returns the file's absolute path */
export async function buildEmpty(file: string, goos: string, goarch: string): Promise<string> {
  return await buildMain(file, "", { GOOS: goos, GOARCH: goarch });
}

/** Builds a program that the containers can run and that ends at once, with a panic. @returns the file's absolute path */
export async function buildCrashing(file: string, words: string): Promise<string> {
  return await buildMain(file, `panic(${JSON.stringify(words)})`, await forEngine());
}

/** When and how a program ends. */
export interface Ending {
  /** It ends where this is among its arguments, else it waits for ever. */
  readonly argument: string;
  readonly seconds: number;
  readonly exitCode: number;
  readonly words: string;
}

/** Builds a program that never answers and that ends after some seconds, with words on standard error. @returns the file's absolute path */
export async function buildEnding(file: string, { argument, seconds, exitCode, words }: Ending): Promise<string> {
  const end = `time.Sleep(${seconds} * time.Second); println(${JSON.stringify(words)}); os.Exit(${exitCode})`;
  const body = `if slices.Contains(os.Args, ${JSON.stringify(argument)}) { ${end} }; time.Sleep(1 << 62)`;
  return await buildMain(file, body, await forEngine(), ["os", "slices", "time"]);
}

/** Builds a service that answers everything with 200, on an address of its own whatever it is told. @returns the file's absolute path */
export async function buildListening(file: string, address: string): Promise<string> {
  const handler = "http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})";
  return await buildMain(file, `panic(http.ListenAndServe(${JSON.stringify(address)}, ${handler}))`, await forEngine(), ["net/http"]);
}

/** What the containers run decides: this machine may be of another architecture. */
async function forEngine(): Promise<NodeJS.ProcessEnv> {
  return { GOOS: "linux", GOARCH: (await Engine.connect().ping()).arch };
}

async function buildMain(file: string, body: string, target: NodeJS.ProcessEnv, imports: readonly string[] = []): Promise<string> {
  const folder = `${resolve(file)}.src`;
  mkdirSync(folder, { recursive: true });
  writeFileSync(resolve(folder, "go.mod"), "module empty\n\ngo 1.25\n");
  writeFileSync(
    resolve(folder, "main.go"),
    `package main\n\n${imports.map((path) => `import "${path}"\n`).join("")}func main() { ${body} }\n`,
  );
  return await build(folder, file, target, []);
}

async function build(folder: string, file: string, target: NodeJS.ProcessEnv, flags: readonly string[]): Promise<string> {
  const go = await ensureGo();
  const output = resolve(file);
  const built = await run(go, ["build", ...flags, "-o", output, "."], { cwd: folder, env: { CGO_ENABLED: "0", GOWORK: "off", ...target } });
  if (built.code !== 0) throw new Error(`go build failed:\n${built.stderr}`);
  return output;
}
