import { readFile } from "node:fs/promises";
import { StackTunnel } from "../../automation/tunnel.ts";
import type { Context } from "../../common/context.ts";
import { UsageError, UserError } from "../../common/errors.ts";
import { ifPresent } from "../../common/files.ts";
import { Engine } from "../../docker/engine.ts";
import { isRemote } from "../../docker/remote.ts";
import { LedgerHttp, LedgerRefusal } from "../../ledger/client/http.ts";
import { LedgerClient } from "../../ledger/client/session.ts";
import { innerPorts, labels, stackNames } from "../../model/names.ts";
import { roleContainer } from "../../model/parts.ts";
import { authorityFiles } from "../../toolchain/home.ts";
import { ownerId } from "../../toolchain/owner.ts";
import { jsonOption, type Options, stackOption } from "../core/declaration.ts";
import { selectStack } from "../core/selection.ts";

/** The options of every subcommand that asks a ledger. */
export const ledgerOptions = {
  stack: { ...stackOption.stack, help: "the ledger of this stack (default: $NITRO_STACK, else your login name)" },
  endpoint: {
    type: "string",
    placeholder: "URL",
    read: checkedUrl,
    help: "a ledger without a stack, such as http://127.0.0.1:8182 of `nitro ledger serve`",
  },
  ledger: { type: "string", placeholder: "NAME", help: "its name (default: the stack's; with --endpoint the only one there is)" },
  ...jsonOption,
} as const satisfies Options;

export interface TargetValues {
  readonly stack?: string | undefined;
  readonly endpoint?: string | undefined;
  readonly ledger?: string | undefined;
}

/** Which ledger a command line means. */
export interface LedgerTarget {
  readonly http: LedgerHttp;
  readonly name: string;
  readonly client: LedgerClient;
  /** Undefined with --endpoint. */
  readonly stack: string | undefined;
  /** To the ledger of a stack on another machine; to be closed. */
  readonly tunnel?: StackTunnel | undefined;
}

/**
 * Finds the ledger: of --endpoint, else of the stack's running container.
 * @throws UserError saying how to bring it up, or how to name another
 */
async function findLedgerTarget(values: TargetValues, context: Context): Promise<LedgerTarget> {
  const { stack: option, endpoint, ledger } = values;
  oneLedger({ "-s": option, "--endpoint": endpoint });
  if (endpoint !== undefined) {
    const authority = await ifPresent(readFile(authorityFiles(context.env).certificate, "utf8"));
    const hint = "start one: ./nitro ledger serve, or leave --endpoint away for a stack's";
    const http = new LedgerHttp(endpoint, hint, { signal: context.signal, authority });
    const name = ledger ?? (await onlyLedger(http));
    return { http, name, client: new LedgerClient(http, name), stack: undefined };
  }
  const stack = selectStack(option, context.env);
  const { endpoint: address, tunnel } = await stackEndpoint(stack, context.env);
  const http = new LedgerHttp(address, `./nitro up -s ${stack}`, { signal: context.signal });
  const name = ledger ?? stackNames(stack).ledgerName;
  return { http, name, client: new LedgerClient(http, name), stack, tunnel };
}

/**
 * @param named what each option says that names a ledger
 * @throws UsageError where two of them do: one would be ignored
 */
export function oneLedger(named: Readonly<Record<string, string | undefined>>): void {
  const [first, second] = Object.keys(named).filter((option) => named[option] !== undefined);
  if (second !== undefined) throw new UsageError(`${first} and ${second} name two ledgers: give one of them`);
}

/** Finds the ledger, and leaves no session open on it afterwards: their number is limited. See findLedger. */
export async function withLedger<T>(values: TargetValues, context: Context, work: (target: LedgerTarget) => Promise<T>): Promise<T> {
  const target = await findLedgerTarget(values, context);
  try {
    return await work(target);
  } catch (error) {
    throw await namingLedgers(error, target.http);
  } finally {
    await target.client.close();
    target.tunnel?.close();
  }
}

/** Adds to QLDB's words for a ledger that is not there which ones are. */
async function namingLedgers(error: unknown, http: LedgerHttp): Promise<unknown> {
  if (!(error instanceof LedgerRefusal) || !/^(The )?Ledger with name \S+ (is not found|does not exist)$/.test(error.message)) return error;
  const names = await ledgerNames(http).catch(() => []);
  return names.length === 0 ? error : new LedgerRefusal(error.type, error.message, `there are ${names.join(", ")}: --ledger ${names[0]}`);
}

async function ledgerNames(http: LedgerHttp): Promise<string[]> {
  const { Ledgers: ledgers } = (await http.control("GET", "/ledgers")) as { Ledgers: readonly { Name: string }[] };
  return ledgers.map(({ Name: name }) => name);
}

interface StackEndpoint {
  readonly endpoint: string;
  readonly tunnel: StackTunnel | undefined;
}

async function stackEndpoint(stack: string, env: NodeJS.ProcessEnv): Promise<StackEndpoint> {
  const engine = Engine.connect(env);
  const hint = `./nitro up -s ${stack}, or name a ledger without a stack: --endpoint http://127.0.0.1:8182`;
  const outside = (await engine.inspect(stackNames(stack).containers.service))?.labels[labels.ledger];
  if (outside !== undefined)
    throw new UserError(
      `the ledger of stack "${stack}" is no container of the stack (ledger mode aws)`,
      `ask it where it answers: --endpoint ${outside} --ledger ${stackNames(stack).ledgerName}`,
    );
  const container = await roleContainer(engine, stack, "ledger", ownerId(env)).catch((error: unknown) => {
    if (!(error instanceof UserError)) throw error;
    throw new UserError(error.message, error.hint?.startsWith("./nitro up") === false ? error.hint : hint);
  });
  const stopped = new UserError(`the ledger of stack "${stack}" does not run (${container.status})`, hint);
  if (!container.running) throw stopped;
  const tunnel = isRemote(engine) ? await StackTunnel.open(engine, stack, ownerId(env), { through: "ledger" }) : undefined;
  const port = tunnel?.ports.ledger ?? container.ports.find(({ containerPort }) => containerPort === innerPorts.ledger)?.hostPort;
  if (port === undefined) throw stopped;
  return { endpoint: `http://127.0.0.1:${port}`, tunnel };
}

/** @throws UsageError for what is no address of a server */
export function checkedUrl(text: string): string {
  const url = URL.parse(text);
  if (url === null || (url.protocol !== "http:" && url.protocol !== "https:"))
    throw new UsageError(`--endpoint is "${text}": allowed is an address such as http://127.0.0.1:8182`);
  return text.replace(/\/+$/, "");
}

async function onlyLedger(http: LedgerHttp): Promise<string> {
  const all = await ledgerNames(http);
  const [first, second] = all;
  if (first === undefined) throw new UserError(`${http.endpoint} has no ledger`, "start it with one: ./nitro ledger serve --name ledger");
  if (second === undefined) return first;
  throw new UserError(`${http.endpoint} has several ledgers: ${all.join(", ")}`, `say which: --ledger ${first}`);
}
