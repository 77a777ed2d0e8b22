import { mkdir, readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { ifPresent, writeWhole } from "../common/files.ts";
import { type Look, wait } from "../common/waiting.ts";
import { askContainer } from "../docker/ask.ts";
import { logFileMegabytes } from "../docker/create.ts";
import type { ContainerDetails, Engine } from "../docker/engine.ts";
import { paths, sealedWords, unsealedWords } from "../key-feeder/contract.ts";
import { innerPorts } from "../model/names.ts";
import { reasonOf } from "../operators/payouts/reason.ts";
import type { RunningProgram } from "./probe-script.ts";
import { readRunning } from "./running.ts";

/** One run of the service's program. */
export interface ServiceRun extends Pick<ContainerDetails, "id" | "name" | "created" | "running" | "startedAt" | "finishedAt" | "ports"> {
  /** Started later than the container where it was swapped live; undefined where it cannot be looked at. */
  readonly program?: RunningProgram | undefined;
}

/**
 * The present run of the service.
 * @param container its name
 * @returns undefined where there is no such container
 */
export async function presentService(engine: Pick<Engine, "inspect" | "exec">, container: string): Promise<ServiceRun | undefined> {
  const [details, program] = await Promise.all([engine.inspect(container), readRunning(engine, container).catch(() => undefined)]);
  return details && { ...details, program };
}

/** Where it is remembered which run has its secrets. */
export interface SecretsNotes {
  /** The root folder of the project. */
  readonly root: string;
  readonly stack: string;
}

/** Whether the service has its secrets, and the last that its log says of why not. */
export interface ServiceSecrets {
  readonly sealed: boolean;
  readonly reason?: string;
}

/** No service can take this for a payment: nobody gets it, and its custodian fails by agreement. Its log says who asked. */
const noPayment = JSON.stringify({
  ...{ to: "", from: "", amount: "0", currency: "" },
  ...{ payoutId: "nitro asks whether the service is sealed", custodian: "dryrun-prepare-fails" },
});

const pollMs = 100;

/**
 * Whether the service has its secrets. A process that has them keeps them: it is asked until then, and remembered from then on.
 * @throws EngineError where no engine answers
 */
export async function readSecrets(
  engine: Pick<Engine, "logs" | "exec" | "host">,
  run: ServiceRun,
  notes: SecretsNotes,
): Promise<ServiceSecrets> {
  if (!run.running) return { sealed: true };
  if (await isNoted(run, notes)) return { sealed: false };
  const asked = await asksSealed(engine, run);
  const secrets = asked === false ? { sealed: false } : await fromLog(engine, run, asked);
  if (!secrets.sealed) await note(run, notes);
  return secrets;
}

/** How waiting for the service's secrets ended. */
export type Unsealing = "unsealed" | "ended" | "stopped";

/**
 * Waits until the service has its secrets.
 * @param signal ends the waiting
 * @returns ended: this run of it did
 */
export async function waitUnsealed(
  engine: Pick<Engine, "logs" | "exec" | "host" | "inspect">,
  run: ServiceRun,
  notes: SecretsNotes,
  signal: AbortSignal,
): Promise<Unsealing> {
  const what = "a service that is unsealed";
  const look = async (): Promise<Look<Unsealing>> => {
    const now = await engine.inspect(run.name);
    if (now?.running !== true || now.startedAt !== run.startedAt) return { found: "ended" };
    return (await readSecrets(engine, run, notes)).sealed ? { seen: "it is sealed" } : { found: "unsealed" };
  };
  const waited = await wait({ what, look }, { intervalMs: pollMs, signal });
  return waited.end === "found" ? waited.value : "stopped";
}

/**
 * Asks the service itself: some tell it with what they are, and a sealed one says that it is when it is to prepare a payment.
 * @returns undefined where it gives no answer, or one that says nothing of it: a service may look at a payment before it needs its secrets
 */
async function asksSealed(engine: Pick<Engine, "exec" | "host">, { name, ports }: ServiceRun): Promise<boolean | undefined> {
  const innerPort = innerPorts.service;
  const hostPort = ports.find(({ containerPort }) => containerPort === innerPort)?.hostPort;
  const service = { name, innerPort, hostPort };
  const described = sealedIn((await askContainer(engine, service, "/v1/payments/info"))?.text);
  if (described !== undefined) return described;
  const answer = await askContainer(engine, service, paths.prepare, { method: "POST", json: noPayment });
  return answer?.text.includes(sealedWords) === true ? true : undefined;
}

function sealedIn(text: string | undefined): boolean | undefined {
  try {
    const { sealed } = Object(JSON.parse(text ?? "")) as { sealed?: unknown };
    return typeof sealed === "boolean" ? sealed : undefined;
  } catch {
    return undefined;
  }
}

/** What the engine keeps of a line besides it, at least. */
const lineOverhead = 64;

/** A log of less is whole. The engine keeps more, counted in its own encoding, which takes up to twice as much. */
const wholeBelow = (logFileMegabytes * 1e6) / 2;

/** @param asked what the service said itself; undefined: its log has to tell, as long as nothing of that was dropped */
async function fromLog(engine: Pick<Engine, "logs">, run: ServiceRun, asked: boolean | undefined): Promise<ServiceSecrets> {
  let reason: string | undefined;
  let size = 0;
  for await (const { line } of engine.logs(run.name, { since: presentRun(run) })) {
    if (asked === undefined && saysUnsealed(line)) return { sealed: false };
    if (isAboutUnsealing(line)) reason = reasonOf(line);
    size += line.length + lineOverhead;
  }
  if (asked === undefined && size >= wholeBelow) return { sealed: false };
  return { sealed: true, ...(reason === undefined ? {} : { reason }) };
}

/** The service says so once for each key of its secrets, whatever else it logs. */
export function saysUnsealed(line: string): boolean {
  return line.includes(unsealedWords);
}

/** True for a line that tells why unsealing failed, and not for the answers of a sealed service, which say that it is. */
function isAboutUnsealing(line: string): boolean {
  return (
    /"error"|"level":"(error|fatal|panic)"/i.test(line) && /share|shamir|secret|decrypt|identity/i.test(line) && !line.includes(sealedWords)
  );
}

/**
 * When what a container logs began to be about its present run: the end of the run before. The engine notes the start only after
 * the process may have written its first lines.
 */
export function presentRun({ created, finishedAt, program }: Pick<ServiceRun, "created" | "finishedAt" | "program">): Date {
  return new Date(Math.max(Date.parse(created), Date.parse(finishedAt) || 0, program === undefined ? 0 : Date.parse(program.since)));
}

async function isNoted(run: ServiceRun, notes: SecretsNotes): Promise<boolean> {
  return (await ifPresent(readFile(noteFile(notes), "utf8")).catch(() => undefined)) === nameOf(run);
}

async function note(run: ServiceRun, notes: SecretsNotes): Promise<void> {
  const file = noteFile(notes);
  try {
    await mkdir(dirname(file), { recursive: true });
    await writeWhole(file, nameOf(run));
  } catch {
    // Whoever may not write here asks the next time too.
  }
}

/** No two runs have the same: pids count from anew with each start of the container. */
function nameOf({ id, startedAt, program }: ServiceRun): string {
  return `${id} ${startedAt} ${program?.pid ?? ""}\n`;
}

function noteFile({ root, stack }: SecretsNotes): string {
  return join(root, ".nitro", stack, "unsealed");
}
