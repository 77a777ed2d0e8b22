import { existsSync } from "node:fs";
import { readFile, rm } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import type { Context } from "../../common/context.ts";
import { errorCode, UsageError, UserError } from "../../common/errors.ts";
import { portHolder, portIsFree } from "../../common/ports.ts";
import { shellQuoted } from "../../common/shell.ts";
import type { ServedPage } from "../../dashboard/server.ts";
import { ledgerNameProblem } from "../../ledger/description.ts";
import { FolderLockError } from "../../ledger/folder-lock.ts";
import { journalWayOut } from "../../ledger/journal/header.ts";
import { JournalError } from "../../ledger/journal/records.ts";
import { describeHolder, waysToEnd } from "../../ledger/lock-holder.ts";
import { logTo } from "../../ledger/log.ts";
import { memoryLimit } from "../../ledger/memory.ts";
import { type Serving, serve } from "../../ledger/serve.ts";
import { localAccount } from "../../model/names.ts";
import { authorityFiles } from "../../toolchain/home.ts";
import { declareCommand } from "../core/command.ts";
import type { Options } from "../core/declaration.ts";
import type { IdentityKeeper } from "./serve-identity.ts";

const defaults = { port: "8182", host: "127.0.0.1" } as const;
const region = "us-east-1";

const options = {
  dir: {
    type: "string",
    placeholder: "D",
    default: "./ledger-data",
    complete: "folders",
    help: "folder that keeps the ledgers, made where it is not there",
  },
  port: { type: "string", placeholder: "P", default: defaults.port, read: port, help: "to listen on; 0: any free one" },
  name: { type: "string", placeholder: "N", default: "ledger", read: ledgerName, help: "ledger, made where it is not there" },
  host: {
    type: "string",
    placeholder: "H",
    default: defaults.host,
    read: address,
    help: "address to listen on; 0.0.0.0: every one of this machine, for everybody who reaches it",
  },
  page: { type: "boolean", help: "a page in the browser too: tables, statements, histories with their proof" },
  tls: { type: "boolean", help: "https, with a certificate authority that is made once and kept in NITRO_HOME" },
} as const satisfies Options;

/** Where and under which name a ledger is served. */
export interface ServeArguments {
  /** As it was written. */
  readonly dir: string;
  readonly port: number;
  readonly name: string;
  readonly host: string;
  /** Whether it speaks https. */
  readonly tls: boolean;
}

export const command = declareCommand({
  options,
  notes:
    "Runs until Ctrl-C. LEDGER_HOSTS names further hosts with a dot that requests may be addressed to, with commas; LEDGER_MEMORY what memory it may take, such as 512m.",
  stopsCleanly: true,

  async run({ values: given }, context) {
    const failure = Promise.withResolvers<never>();
    const serving = await start(given, context, (error) => failure.reject(new UserError(error.message, `the data is in ${given.dir}`)));
    try {
      const page = given.page ? await servedPage(given, serving, context) : undefined;
      const authority = given.tls ? authorityFiles(context.env).certificate : undefined;
      context.stdout.write(greeting(given, serving, { authority, page: page?.address }));
      await Promise.race([stopped(context.signal), failure.promise]);
      await page?.stop();
    } finally {
      await serving.stop();
    }
    context.stdout.write(`ledger ended; its data is in ${given.dir}\n`);
    return 0;
  },
});

/** What the page needs is loaded only where one is wanted. */
async function servedPage(given: ServeArguments, serving: Serving, context: Context): Promise<ServedPage> {
  const { openLedgerPage } = await import("./serve-page.ts");
  const authority = given.tls ? await readFile(authorityFiles(context.env).certificate, "utf8") : undefined;
  return openLedgerPage({ endpoint: addressOf(given, serving), name: given.name, authority }, context);
}

function port(text: string): number {
  if (!/^\d{1,5}$/.test(text) || Number(text) > 65_535) throw new UsageError(`--port is "${text}": allowed are 0 to 65535`);
  return Number(text);
}

function ledgerName(text: string): string {
  if (ledgerNameProblem(text) === undefined) return text;
  throw new UsageError(`--name is "${text}": allowed are 1 to 32 letters, digits and single hyphens, not digits alone`);
}

function address(text: string): string {
  if (text === "") throw new UsageError("--host is empty: name an address of this machine");
  return text;
}

async function start(given: ServeArguments, context: Context, onFailure: (error: Error) => void): Promise<Serving> {
  const { dir, port, name, host } = given;
  const log = logTo(context.stderr);
  const memory = memoryLimit(context.env.LEDGER_MEMORY);
  if (typeof memory !== "number") throw new UsageError(memory.problem);
  const hosts = (context.env.LEDGER_HOSTS ?? "").split(",").filter((each) => each !== "");
  const keeper = given.tls ? await identityKeeper(host, hosts, context.env) : undefined;
  const folder = resolve(context.cwd, dir);
  const made = firstAbsent(folder);
  try {
    const program = new URL("../../ledger/main.ts", import.meta.url);
    const place = { region, account: localAccount };
    const tls = keeper && { identity: () => keeper.identity, plainToo: false };
    const serving = await serve({ folder, host, port, name, hosts, memory, place, program, log, onFailure, tls });
    const unwatch = keeper?.watch((message) => log(message, "error"));
    const stop = async (): Promise<void> => {
      unwatch?.();
      await serving.stop();
    };
    return { ...serving, stop };
  } catch (error) {
    // It had the folder to itself by then, and there is nothing in it yet.
    if (made !== undefined && isListenError(error)) await rm(made, { recursive: true, force: true });
    throw await serveError(error, given);
  }
}

/** The topmost folder of a path that is not there, and that has to be made for it. */
function firstAbsent(path: string): string | undefined {
  if (existsSync(path)) return undefined;
  return firstAbsent(dirname(path)) ?? path;
}

/** Whether the address cannot be listened on. */
function isListenError(error: unknown): error is Error & { readonly code: string } {
  return (
    error instanceof Error &&
    errorCode(error) !== undefined &&
    "syscall" in error &&
    ["listen", "getaddrinfo"].includes(String(error.syscall))
  );
}

/** The libraries that make certificates are loaded only where one is wanted. */
async function identityKeeper(host: string, further: readonly string[], env: NodeJS.ProcessEnv): Promise<IdentityKeeper> {
  const { IdentityKeeper, hostsOf } = await import("./serve-identity.ts");
  return IdentityKeeper.start({ hosts: hostsOf(host, further), env, now: () => new Date() });
}

/** What keeps a ledger from being served, and what to do about it. */
export async function serveError(error: unknown, { dir, port, host }: ServeArguments): Promise<unknown> {
  if (error instanceof FolderLockError)
    return new UserError(
      `the folder ${dir} is in use by ${describeHolder(error.holder)}`,
      `end that one (${waysToEnd(error.holder)}), or keep other ledgers elsewhere: --dir D`,
    );
  if (error instanceof JournalError && error.offset !== undefined && !error.message.includes("put it back"))
    return new UserError(error.message, journalWayOut(error.path));
  const code = errorCode(error);
  if (!(error instanceof Error) || code === undefined) return error instanceof Error ? new UserError(error.message) : error;
  if (isListenError(error)) return portError(code, port, host);
  if (code === "EACCES" || code === "EPERM" || code === "EROFS")
    return new UserError(`the folder ${dir} cannot be written: ${error.message}`, "use another one: ./nitro ledger serve --dir D");
  if (code === "EEXIST" || code === "ENOTDIR") return new UserError(`${dir} is no folder`, "use another one: ./nitro ledger serve --dir D");
  return new UserError(`the folder ${dir} cannot be used: ${error.message}`, "use another one: ./nitro ledger serve --dir D");
}

async function portError(code: string, port: number, host: string): Promise<UserError> {
  if (code === "EADDRINUSE") {
    const [holder, free] = await Promise.all([portHolder(port), freePort(port)]);
    const by = holder === undefined ? "" : ` by ${holder}`;
    return new UserError(`port ${port} is in use${by}`, `./nitro ledger serve --port ${free}`);
  }
  if (code === "EACCES") return new UserError(`port ${port} is for root alone`, `./nitro ledger serve --port ${defaults.port}`);
  return new UserError(`--host ${host} is no address of this machine (${code})`, `./nitro ledger serve --host ${defaults.host}`);
}

/** @returns the next port above that is free; 0, any, where there is none */
async function freePort(above: number): Promise<number> {
  for (let port = above + 1; port <= 65_535; port++) if (await portIsFree(port)) return port;
  return 0;
}

function stopped(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}

/**
 * Where the ledger answers, and the lines that connect a program to it.
 * @param authority with https the file that programs have to trust
 * @param page its address, where one is served
 */
export function greeting(
  { dir, name, host }: ServeArguments,
  { port, ledgers }: Pick<Serving, "port" | "ledgers">,
  { authority, page }: { readonly authority?: string | undefined; readonly page?: string | undefined } = {},
): string {
  const url = addressOf({ host, tls: authority !== undefined }, { port });
  const others = ledgers.filter((each) => each !== name);
  return `ledger ${name} answers at ${url}, its data is in ${dir}${others.length === 0 ? "" : ` (with it: ${others.join(", ")})`}

connect a program that uses a QLDB driver:
  export AWS_ENDPOINT_URL_QLDB_SESSION=${url} AWS_ENDPOINT_URL_QLDB=${url}
  export AWS_REGION=${region} AWS_DEFAULT_REGION=${region}
  export AWS_ACCESS_KEY_ID=any AWS_SECRET_ACCESS_KEY=any
${authority === undefined ? "" : trusting(shellQuoted(authority))}
or in its code: ledger/README.md, for Go, Node, Java and Python
look: ./nitro ledger tables --endpoint ${url}${others.length === 0 ? "" : ` --ledger ${name}`}
${page === undefined ? "" : `page: ${page}\n`}Ctrl-C ends it
`;
}

/** Where programs of this machine reach the server. */
function addressOf({ host, tls }: Pick<ServeArguments, "host" | "tls">, { port }: Pick<Serving, "port">): string {
  const reachable = host === "0.0.0.0" || host === "::" ? "127.0.0.1" : host.includes(":") ? `[${host}]` : host;
  return `${tls ? "https" : "http"}://${reachable}:${port}`;
}

/** What makes programs trust an authority. Java's own store is left alone. */
function trusting(file: string): string {
  return `
and have it trust the ledger's certificate:
  export AWS_CA_BUNDLE=${file}         # Go and Python
  export NODE_EXTRA_CA_CERTS=${file}   # Node
  keytool -importcert -noprompt -alias nitro -file ${file} -keystore nitro.p12 -storepass changeit
  export JAVA_TOOL_OPTIONS="-Djavax.net.ssl.trustStore=$PWD/nitro.p12 -Djavax.net.ssl.trustStorePassword=changeit"   # Java
`;
}
