import { setTimeout as pause } from "node:timers/promises";
import type { PayoutAccess } from "./payouts.ts";
import type { Emit, Route } from "./routes.ts";
import type { LogEntry, StackView } from "./views.ts";

/** What the page needs of a stack. */
export interface StackDesk extends PayoutAccess {
  readonly name: string;
  look(): Promise<StackView>;
  /** Each yields whenever something happened to it: to its containers, or an update has begun or ended. */
  changes(signal: AbortSignal): readonly AsyncIterable<unknown>[];
  /** What its parts log: their last lines, and what comes. */
  logs(signal: AbortSignal): AsyncIterable<LogEntry>;
}

/** Without any event the stack is looked at so often, in ms: programs that are replaced in place make none. */
const lookMs = 2_000;
/** Events come in crowds: they are looked at together. */
const crowdMs = 150;
/** Lines that come together are sent together. */
const gatherMs = 60;
const mostLines = 500;

/** A look that was begun beforehand counts for so long, in ms. */
const freshMs = 1_000;

/** The first look of a page, begun when its files are asked for: they take as long to arrive, and whoever waits for both waits once. */
export class EarlyLook {
  private readonly desk: Pick<StackDesk, "look">;
  private readonly now: () => number;
  private begun: { readonly at: number; readonly view: Promise<StackView> } | undefined;

  constructor(desk: Pick<StackDesk, "look">, now: () => number = () => performance.now()) {
    this.desk = desk;
    this.now = now;
  }

  /** Anybody on this machine may ask for the files: that makes a look a second at most. */
  begin(): void {
    if (this.fresh() !== undefined) return;
    const view = this.desk.look();
    // Told to whoever takes it.
    view.catch(() => undefined);
    this.begun = { at: this.now(), view };
  }

  /** @returns what was begun, where that was just now; it counts once */
  take(): Promise<StackView> {
    const view = this.fresh();
    this.begun = undefined;
    return view ?? this.desk.look();
  }

  private fresh(): Promise<StackView> | undefined {
    return this.begun !== undefined && this.now() - this.begun.at < freshMs ? this.begun.view : undefined;
  }
}

/** @returns the routes that tell of a stack's parts */
export function stackRoutes(desk: StackDesk, early: EarlyLook): Route[] {
  return [
    { method: "GET", path: "/api/stack", stream: ({ signal }, emit) => streamStack(desk, early, signal, emit) },
    { method: "GET", path: "/api/logs", stream: ({ signal }, emit) => streamLogs(desk.logs(signal), emit) },
  ];
}

/** Looks after every event and now and then, and sends what has changed. */
async function streamStack(desk: StackDesk, early: EarlyLook, signal: AbortSignal, emit: Emit): Promise<void> {
  const happened = new Wakes();
  const stop = new AbortController();
  const until = AbortSignal.any([signal, stop.signal]);
  const failed = new Promise<never>((_, reject) => Promise.all(desk.changes(until).map((each) => listen(each, happened))).catch(reject));
  failed.catch(() => undefined);
  try {
    let last = "";
    for (let first = true; !signal.aborted; first = false) {
      const view = await (first ? early.take() : desk.look());
      const text = JSON.stringify(view);
      if (text !== last) await emit("stack", view);
      last = text;
      await Promise.race([happened.next(), pause(lookMs, undefined, { signal }).catch(() => undefined), failed]);
      await pause(crowdMs, undefined, { signal }).catch(() => undefined);
    }
  } finally {
    stop.abort();
  }
}

async function listen(changes: AsyncIterable<unknown>, happened: Wakes): Promise<void> {
  for await (const _ of changes) happened.wake();
}

/** Something that happens now and then, of which only the last time counts. */
class Wakes {
  private pending = Promise.withResolvers<void>();

  wake(): void {
    this.pending.resolve();
  }

  async next(): Promise<void> {
    await this.pending.promise;
    this.pending = Promise.withResolvers();
  }
}

/** Sends lines in crowds. */
export async function streamLogs(lines: AsyncIterable<LogEntry>, emit: Emit): Promise<void> {
  const gathered: LogEntry[] = [];
  let sending: Promise<void> | undefined;
  const send = async () => {
    await pause(gatherMs);
    while (gathered.length > 0) await emit("lines", gathered.splice(0, mostLines));
    sending = undefined;
  };
  for await (const line of lines) {
    gathered.push(line);
    sending ??= send();
    if (gathered.length >= 4 * mostLines) await sending;
  }
  await sending;
}
