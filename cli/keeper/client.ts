import { lstat } from "node:fs/promises";
import { connect } from "node:net";
import { createInterface } from "node:readline";
import { type KeeperAnswer, type KeeperRequest, type KeeperState, keeperSocket } from "./protocol.ts";

/** The last that a keeper said. */
export type KeeperEnd = Exclude<KeeperAnswer, { readonly text: string }> | { readonly lost: true };

export interface KeeperQuestion {
  /** The project's folder. */
  readonly root: string;
  readonly stack: string;
  readonly request: KeeperRequest;
  readonly onText?: (stream: "stdout" | "stderr", text: string) => void;
  /** Aborted: the connection is cut, and the keeper brings what is under way to where the next command can follow. */
  readonly signal?: AbortSignal;
}

/**
 * Asks the process that keeps a stack's next swap ready.
 * @returns its last answer; lost where it ended in between; undefined where there is none, or the socket is somebody else's
 */
export async function askKeeper({ root, stack, request, onText, signal }: KeeperQuestion): Promise<KeeperEnd | undefined> {
  const path = keeperSocket(root, stack);
  if (path === undefined || !(await isOwn(path))) return undefined;
  const socket = connect(path);
  const cut = () => socket.destroy();
  signal?.addEventListener("abort", cut);
  try {
    const reached = await new Promise<boolean>((done) => {
      socket.once("connect", () => done(true));
      socket.once("error", () => done(false));
      socket.once("close", () => done(false));
    });
    if (!reached) return undefined;
    socket.on("error", () => {});
    socket.write(`${JSON.stringify(request)}\n`);
    const lines = createInterface({ input: socket });
    // A connection that is cut here has no end of its own.
    socket.once("close", () => lines.close());
    for await (const line of lines) {
      const answer = JSON.parse(line) as KeeperAnswer;
      if (!("text" in answer)) return answer;
      onText?.(answer.stream, answer.text);
    }
    return { lost: true };
  } finally {
    signal?.removeEventListener("abort", cut);
    socket.destroy();
  }
}

/** What a stack's keeper says of itself; undefined where there is none. */
export async function keeperState(root: string, stack: string): Promise<KeeperState | undefined> {
  const signal = AbortSignal.timeout(aboutMs);
  const answer = await askKeeper({ root, stack, request: { ask: "about" }, signal }).catch(() => undefined);
  return answer !== undefined && "about" in answer ? answer.about : undefined;
}

/** Ends a stack's keeper, after the swap that is under way. @returns when it is gone, also where there was none */
export async function endKeeper(root: string, stack: string): Promise<void> {
  await askKeeper({ root, stack, request: { ask: "end" } });
}

/** How long a question about a keeper may take, in ms. */
const aboutMs = 1_000;

/** Whoever else could listen there would get the command's environment. */
async function isOwn(path: string): Promise<boolean> {
  const found = await lstat(path).catch(() => undefined);
  return found?.isSocket() === true && (process.getuid === undefined || found.uid === process.getuid());
}
