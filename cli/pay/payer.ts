import { randomBytes } from "node:crypto";
import { configure, mustBePlain } from "../../automation/configured.ts";
import { Stack } from "../../automation/stack.ts";
import { stackStatus } from "../../automation/status.ts";
import { StackTunnel } from "../../automation/tunnel.ts";
import type { Context } from "../../common/context.ts";
import { UserError } from "../../common/errors.ts";
import { Progress, seconds } from "../../common/progress.ts";
import { type Look, type Moment, wait } from "../../common/waiting.ts";
import { Engine, EngineError } from "../../docker/engine.ts";
import { isRemote } from "../../docker/remote.ts";
import { stackNames } from "../../model/names.ts";
import { partsOf } from "../../model/parts.ts";
import { ownerId } from "../../toolchain/owner.ts";
import { type Authorizing, isDone, type PaymentView, type PayoutEntries, paymentViews } from "./payout.ts";
import { type Observed, payoutRoles, stalledProblem, stoppedProblem } from "./problem.ts";
import { counts, isRight, paymentTable, payoutSummary } from "./report.ts";
import { connectPayouts, PayoutStreams } from "./streams.ts";

const interruptedExitCode = 130;
/** After so long without news it is worth saying why, and then going on waiting. */
const noteMs = 8_000;
const pollMs = 250;
/** News come one by one: what arrives meanwhile is shown together. */
const restMs = 50;

/** A payout of equal payments. */
export interface PayoutRequest {
  readonly count: number;
  readonly amount: string;
  readonly custodian: string;
  readonly manual: boolean;
  readonly timeoutMs: number;
  readonly json: boolean;
}

/** Makes and follows payouts of one stack. */
export class Payer {
  private readonly stack: Stack;
  private readonly context: Context;
  private readonly redis: Awaited<ReturnType<typeof connectPayouts>>;
  private readonly authorizing: Authorizing;
  private readonly tunnel: StackTunnel | undefined;

  private constructor(stack: Stack, context: Context, redis: Payer["redis"], authorizing: Authorizing, tunnel: StackTunnel | undefined) {
    this.stack = stack;
    this.context = context;
    this.redis = redis;
    this.authorizing = authorizing;
    this.tunnel = tunnel;
  }

  /**
   * Looks at a stack.
   * @throws UserError where it is not up, or a part that every payout needs does not run
   */
  static async connect(name: string, context: Context): Promise<Payer> {
    const stack = new Stack(name, context);
    const configured = await configure(name, context, { files: [] });
    mustBePlain(configured, "authorization");
    if ((await stack.state()) === undefined) throw new UserError(`there is no stack "${name}"`, `./nitro up -s ${name}`);
    const [{ redisUrl }, stopped] = await Promise.all([stack.outputs(true), stoppedParts(name, context)]);
    if (typeof redisUrl !== "string") throw new UserError(`stack "${name}" is not up: it has no outputs yet`, `./nitro up -s ${name}`);
    const problem = stoppedProblem(name, stopped);
    if (problem !== undefined) throw new UserError(problem.message, problem.hint);
    const engine = Engine.connect(context.env);
    const tunnel = isRemote(engine) ? await StackTunnel.open(engine, name, ownerId(context.env)) : undefined;
    const redis = await connectPayouts(tunnel === undefined ? redisUrl : withPort(redisUrl, tunnel.ports.redis), name);
    return new Payer(stack, context, redis, configured.settings.authorization, tunnel);
  }

  close(): void {
    this.redis.disconnect();
    this.tunnel?.close();
  }

  async pay(request: PayoutRequest): Promise<number> {
    const { count, custodian, amount: each, manual, json } = request;
    const payoutId = newPayoutId(new Date());
    const streams = new PayoutStreams(this.redis, payoutId);
    const payments = Array.from({ length: count }, (_, index) => ({
      to: `payee-${index + 1}`,
      from: "nitro-pay",
      amount: each,
      currency: "BAT",
      payoutId,
      custodian,
    }));
    await streams.put(payments, manual);
    const authorizing: Authorizing = manual ? { ...this.authorizing, mode: "manual" } : this.authorizing;
    const views = await this.follow(payoutId, streams, authorizing, count, request.timeoutMs);
    if (views === undefined) return interruptedExitCode;
    return this.print(payoutId, views, json);
  }

  async status(payoutId: string, json: boolean): Promise<number> {
    const streams = new PayoutStreams(this.redis, payoutId);
    while (await streams.next(1)) {}
    const authorizing: Authorizing = (await streams.isManual()) ? { ...this.authorizing, mode: "manual" } : this.authorizing;
    const payments = paymentViews(streams.entries, authorizing);
    if (payments.length === 0)
      throw new UserError(`stack "${this.stack.name}" knows no payout "${payoutId}"`, `./nitro pay -s ${this.stack.name} makes one`);
    return this.print(payoutId, payments, json);
  }

  /** @returns the payments once all are done; undefined where the user stopped following. @throws UserError when nothing moves any more */
  private async follow(
    payoutId: string,
    streams: PayoutStreams,
    authorizing: Authorizing,
    count: number,
    timeoutMs: number,
  ): Promise<readonly PaymentView[] | undefined> {
    const { signal, stderr } = this.context;
    const progress = new Progress(stderr);
    const stalled = async () =>
      stalledProblem(
        this.stack.name,
        paymentViews(streams.entries, authorizing),
        await observe(this.stack.name, this.context, streams.entries),
      );
    let shown = "";
    let noted = false;
    progress.line(`payout ${payoutId}: ${count} payment${count === 1 ? "" : "s"}`);
    const look = async ({ waited, silent }: Moment): Promise<Look<readonly PaymentView[]>> => {
      const news = await streams.next(pollMs).catch(() => false);
      const payments = paymentViews(streams.entries, authorizing);
      const now = counts(payments);
      if (now !== shown && stderr.isTTY !== true) progress.line(`  ${now} ${seconds(waited)}`);
      progress.status(`${now} ${seconds(waited)}`);
      shown = now;
      if (payments.length >= count && payments.every(isDone)) return { found: payments };
      if (news) noted = false;
      else if (silent >= noteMs && !noted) {
        const { message, hint } = await stalled();
        progress.line(`no news for ${seconds(noteMs)}: ${message} (${hint})`);
        noted = true;
      }
      return { seen: now, news };
    };
    const waited = await wait({ what: `payout ${payoutId}`, look }, { timeoutMs, intervalMs: restMs, signal });
    if (waited.end === "stopped") {
      progress.line(`stopped following; the payout goes on: ./nitro pay status ${payoutId} -s ${this.stack.name}`);
      return undefined;
    }
    progress.status(undefined);
    if (waited.end === "found") return waited.value;
    const { message, hint } = await stalled();
    throw new UserError(`no news of payout ${payoutId} for ${seconds(timeoutMs)}: ${message}`, hint);
  }

  private print(payoutId: string, payments: readonly PaymentView[], json: boolean): number {
    const right = payments.every(isRight);
    const { stdout } = this.context;
    if (json) stdout.write(`${JSON.stringify({ payoutId, ok: right, payments }, null, 2)}\n`);
    else stdout.write(`${paymentTable(payments)}${payoutSummary(payoutId, payments)}`);
    return right ? 0 : 1;
  }
}

function withPort(text: string, port: number): string {
  const url = new URL(text);
  url.port = String(port);
  return url.href;
}

async function observe(stack: string, context: Context, entries: PayoutEntries): Promise<Observed> {
  const engine = Engine.connect(context.env);
  const [stopped, { sealed, shares }, workerSays] = await Promise.all([
    stoppedParts(stack, context),
    stackStatus(engine, stack, ownerId(context.env)),
    lastLine(engine, stackNames(stack).containers.worker, new Set([...entries.requests, ...entries.submits].map(({ id }) => id))),
  ]);
  return { stopped, sealed, shares, workerSays };
}

/** The newest of a container's last log lines that names one of these messages. */
async function lastLine(engine: Engine, container: string, messages: ReadonlySet<string>): Promise<string | undefined> {
  let last: string | undefined;
  try {
    for await (const { line } of engine.logs(container, { tail: 500 })) {
      if (line.match(/\b\d{13}-\d+\b/g)?.some((id) => messages.has(id)) === true) last = line;
    }
  } catch (error) {
    // A container that is gone says nothing; that it is gone is told elsewhere.
    if (!(error instanceof EngineError)) throw error;
  }
  return last;
}

/** The parts without which no payout moves, as far as they do not run. */
async function stoppedParts(stack: string, context: Context): Promise<Observed["stopped"]> {
  const engine = Engine.connect(context.env);
  const { containers } = stackNames(stack);
  const found = await Promise.all(payoutRoles.map(async (role) => ({ role, details: await engine.inspect(containers[role]) })));
  const parts = partsOf(found.find(({ role }) => role === "service")?.details?.labels);
  return found
    .filter(({ role }) => parts.includes(role))
    .flatMap(({ role, details }) => (details?.status === "running" ? [] : [{ role, state: details?.status ?? "missing" }]));
}

/** Such as "pay-20260921-142233-9f3a": says when, and is nobody else's. */
function newPayoutId(now: Date): string {
  const stamp = now.toISOString().slice(0, 19).replace(/[-:]/g, "").replace("T", "-");
  return `pay-${stamp}-${randomBytes(2).toString("hex")}`;
}
