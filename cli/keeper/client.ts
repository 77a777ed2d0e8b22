import { lstat } from "node:fs/promises";
import { connect } from "node:net";
import { createInterface } from "node:readline";
import { killHolder } from "../../common/lock.ts";
import { type KeeperAnswer, type KeeperMessage, type KeeperRequest, type KeeperState, keeperLock, keeperSocket } from "./protocol.ts";

/** What came of a question: the keeper's answer, or that it ended in between, or that it says nothing. */
export type KeeperEnd = KeeperAnswer | { readonly lost: true } | { readonly silent: true };

export interface KeeperQuestion {
  /** The project's folder. */
  readonly root: string;
  readonly stack: string;
  readonly request: KeeperRequest;
  readonly onText?: (stream: "stdout" | "stderr", text: string) => void;
  /** Aborted: the keeper is told to stop what it can, and its answer is waited for. */
  readonly signal?: AbortSignal;
  /** How long the keeper may take until it has heard the question, in ms. */
  readonly heardMs?: number;
}

/** A keeper hears at once, unless the machine is out of memory or somebody has stopped it. */
const usuallyHeardMs = 2_000;

/** How long the answer may take once it was asked to stop, in ms. */
const stopMs = 10_000;

/**
 * Asks the process that keeps a stack's next swap ready.
 * @returns undefined where there is none, or the socket is somebody else's; then, and where the signal was aborted before, nothing was asked
 */
export async function askKeeper(question: KeeperQuestion): Promise<KeeperEnd | undefined> {
  const { root, stack, request, onText, signal, heardMs = usuallyHeardMs } = question;
  const stopped = () => signal?.aborted === true;
  const path = keeperSocket(root, stack);
  if (path === undefined || stopped() || !(await isOwn(path))) return undefined;
  const socket = connect({ path, allowHalfOpen: true });
  let silent = false;
  const limit = setTimeout(() => {
    silent = true;
    socket.destroy();
  }, heardMs);
  const stop = () => {
    socket.end();
    setTimeout(() => socket.destroy(), stopMs).unref();
  };
  signal?.addEventListener("abort", stop);
  try {
    const reached = await new Promise<boolean>((done) => {
      socket.once("connect", () => done(true));
      socket.once("error", () => done(false));
      socket.once("close", () => done(false));
    });
    if (!reached || stopped()) return undefined;
    socket.on("error", () => {});
    socket.write(`${JSON.stringify(request)}\n`);
    const lines = createInterface({ input: socket });
    // A connection that is cut here has no end of its own.
    socket.once("close", () => lines.close());
    try {
      for await (const line of lines) {
        const message = JSON.parse(line) as KeeperMessage;
        if ("heard" in message) clearTimeout(limit);
        else if ("text" in message) onText?.(message.stream, message.text);
        else return message;
      }
    } catch (error) {
      // One whose connection breaks has said its last.
      if (socket.errored === null) throw error;
    }
    return silent ? { silent } : { lost: true };
  } finally {
    clearTimeout(limit);
    signal?.removeEventListener("abort", stop);
    socket.destroy();
  }
}

/** What a stack's keeper says of itself; undefined where there is none. */
export async function keeperState(root: string, stack: string): Promise<KeeperState | undefined> {
  const answer = await askKeeper({ root, stack, request: { ask: "about" }, heardMs: aboutMs }).catch(() => undefined);
  return answer !== undefined && "about" in answer ? answer.about : undefined;
}

/** Ends a stack's keeper, after the swap that is under way; one that says nothing at once. @returns when it is gone, also where there was none */
export async function endKeeper(root: string, stack: string): Promise<void> {
  const answer = await askKeeper({ root, stack, request: { ask: "end" } });
  if (answer !== undefined && "silent" in answer) await killHolder(keeperLock(root, stack));
}

/** How long a question about a keeper may take, in ms. */
const aboutMs = 1_000;

/** Whoever else could listen there would get the command's environment. */
async function isOwn(path: string): Promise<boolean> {
  const found = await lstat(path).catch(() => undefined);
  return found?.isSocket() === true && (process.getuid === undefined || found.uid === process.getuid());
}
