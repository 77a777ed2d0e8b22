import { mkdir, readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { UserError } from "../common/errors.ts";
import { ifPresent, writeWhole } from "../common/files.ts";
import type { Engine } from "../docker/engine.ts";
import type { LedgerHttp } from "../ledger/client/http.ts";
import { innerPorts, stackNames } from "../model/names.ts";
import { begunScript, endScript, faultCommand, type ShellFault, standNowAndThen, standStill } from "./fault-script.ts";
import { askLedger } from "./ledger-copy.ts";

/** What can be made to happen to each part. */
export const faultKinds = {
  ledger: ["conflict", "slow", "down"],
  redis: ["error", "slow", "down"],
  localstack: ["slow", "down"],
  service: ["slow", "down"],
  worker: ["slow", "down"],
} as const;
export type FaultPart = keyof typeof faultKinds;
export type FaultKind = (typeof faultKinds)[FaultPart][number];

/** The parts that can fail. */
export const faultParts = Object.keys(faultKinds) as FaultPart[];

/** A fault that goes on. */
export interface Fault {
  readonly part: FaultPart;
  readonly kind: FaultKind;
  /** When it ends by itself, ISO 8601. */
  readonly until: string;
  /** The container's process that it was made for: another one has no fault. */
  readonly startedAt: string;
}

/** What is needed to make a part of a stack fail. */
export interface FaultStack {
  readonly name: string;
  readonly engine: Engine;
  /** The project's folder. */
  readonly root: string;
  /** Asked for where a fault is the ledger's own. */
  readonly ledger?: LedgerHttp | undefined;
  /** Redis's own, where a fault is Redis's own. */
  readonly redisPassword?: string | undefined;
}

export interface FaultOptions {
  /** How long, in ms. */
  readonly forMs: number;
  /** Of `slow`: how much later everything is answered, in ms. */
  readonly delayMs?: number;
}

/**
 * Makes a part fail for some time, in place of a fault that it has. It is the part itself, or a process in its container, that ends the fault:
 * whoever made it may be killed.
 * @throws UserError where the part does not run, or does not fail in that way
 */
export async function makeFault(
  stack: FaultStack,
  part: FaultPart,
  kind: FaultKind,
  { forMs, delayMs = 200 }: FaultOptions,
): Promise<Fault> {
  const { engine, name } = stack;
  refuseOther(part, kind);
  const container = stackNames(name).containers[part];
  const details = await engine.inspect(container);
  if (details?.status !== "running")
    throw new UserError(
      `the ${part} of stack "${name}" does not run (${details?.status ?? "missing"}): it cannot be made to fail`,
      `./nitro up -s ${name}`,
    );
  await endFaults(stack, [part]);
  const fault: Fault = { part, kind, until: new Date(Date.now() + forMs).toISOString(), startedAt: details.startedAt };
  // Written down first: what is made is always known.
  await writeFaults(stack, [...(await readFaults(stack)), fault]);
  if (kind === "conflict") await askLedger(ledgerOf(stack), "conflict", { Milliseconds: forMs });
  else {
    const seconds = forMs / 1000;
    await engine.startExec(container, faultCommand(shellFault(kind, delayMs), seconds), redisEnvironment(stack));
    // The engine answers before the command has done anything.
    await engine.exec(container, ["sh", "-c", begunScript(seconds)]);
  }
  return fault;
}

/** The faults that go on. */
export async function listFaults(stack: Pick<FaultStack, "name" | "engine" | "root">): Promise<Fault[]> {
  const { engine, name } = stack;
  const { containers } = stackNames(name);
  const now = Date.now();
  const open = (await readFaults(stack)).filter(({ until }) => Date.parse(until) > now);
  const starts = await Promise.all(open.map(async ({ part }) => (await engine.inspect(containers[part]))?.startedAt));
  return open.filter(({ startedAt }, index) => startedAt === starts[index]);
}

/** Ends the faults of parts, also those that another command has made. Parts that do not run have none. */
export async function endFaults(stack: FaultStack, parts: readonly FaultPart[]): Promise<void> {
  const { engine, name } = stack;
  const { containers } = stackNames(name);
  const faults = await readFaults(stack);
  const had = (part: FaultPart, kind: FaultKind) => faults.some((each) => each.part === part && each.kind === kind);
  await Promise.all(
    parts.map(async (part) => {
      if ((await engine.inspect(containers[part]))?.status !== "running") return;
      await engine.exec(containers[part], ["sh", "-c", endScript]);
      if (had(part, "conflict")) await askLedger(ledgerOf(stack), "conflict", { Milliseconds: 0 });
      if (had(part, "error")) await engine.exec(containers[part], ["sh", "-c", takeWrites.end], redisEnvironment(stack));
    }),
  );
  await writeFaults(
    stack,
    faults.filter(({ part }) => !parts.includes(part)),
  );
}

/** Redis answers each command that may need memory with an error, as one that is full does. */
const takeWrites: ShellFault = {
  begin: redisCli("config set maxmemory 1"),
  during: "sleep 0.1",
  end: redisCli("config set maxmemory 0"),
};

function redisCli(command: string): string {
  return `redis-cli -p ${innerPorts.redis} ${command} >/dev/null`;
}

function shellFault(kind: Exclude<FaultKind, "conflict">, delayMs: number): ShellFault {
  if (kind === "error") return takeWrites;
  return kind === "down" ? standStill : standNowAndThen(delayMs);
}

function redisEnvironment({ redisPassword }: FaultStack): { readonly env: Record<string, string> } {
  return { env: redisPassword === undefined ? {} : { REDISCLI_AUTH: redisPassword } };
}

/** @throws UserError naming what the part can do */
function refuseOther(part: FaultPart, kind: FaultKind): void {
  const kinds: readonly FaultKind[] = faultKinds[part];
  if (!kinds.includes(kind)) throw new UserError(`${part} cannot be made to ${kind}: allowed are ${kinds.join(", ")}`);
}

function ledgerOf({ name, ledger }: FaultStack) {
  if (ledger === undefined) throw new UserError(`the ledger of stack "${name}" was not reached`);
  return { http: ledger, ledgerName: stackNames(name).ledgerName };
}

function faultsFile({ root, name }: Pick<FaultStack, "root" | "name">): string {
  return join(root, ".nitro", name, "faults.json");
}

async function readFaults(stack: Pick<FaultStack, "root" | "name">): Promise<Fault[]> {
  const text = await ifPresent(readFile(faultsFile(stack), "utf8"));
  return text === undefined ? [] : (JSON.parse(text) as Fault[]);
}

async function writeFaults(stack: Pick<FaultStack, "root" | "name">, faults: readonly Fault[]): Promise<void> {
  const file = faultsFile(stack);
  await mkdir(dirname(file), { recursive: true });
  await writeWhole(file, JSON.stringify(faults));
}
