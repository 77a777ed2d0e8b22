import { createServer, type Socket } from "node:net";
import { createInterface } from "node:readline";
import { errorMessage, UserError } from "../../common/errors.ts";
import type { KeeperAnswer, KeeperMessage, KeeperRequest } from "./protocol.ts";

/** Answers one request. */
export type Answerer = (request: KeeperRequest, visitor: Visitor) => Promise<KeeperAnswer>;

/** Who asks. */
export interface Visitor {
  say(stream: "stdout" | "stderr", text: string): void;
  /** Aborted: the visitor wants what can still be stopped to stop. */
  readonly gone: AbortSignal;
}

export interface KeeperServer {
  /** Takes no further connection. @returns when all answers are on their way */
  close(): Promise<void>;
}

/** Listens at the path of a socket that is not there, for nobody but this user. */
export async function answerVisitors(path: string, answer: Answerer): Promise<KeeperServer> {
  const server = createServer({ allowHalfOpen: true }, (socket) => void converse(socket, answer));
  // A moment later would be too late: between bind and chmod anybody could connect.
  const before = process.umask(0o177);
  try {
    await new Promise<void>((done, fail) => {
      server.once("error", fail);
      server.listen(path, done);
    });
  } finally {
    process.umask(before);
  }
  return { close: () => new Promise((done) => server.close(() => done())) };
}

async function converse(socket: Socket, answer: Answerer): Promise<void> {
  const gone = new AbortController();
  const send = (message: KeeperMessage) => {
    if (socket.writable) socket.write(`${JSON.stringify(message)}\n`);
  };
  socket.on("error", () => {});
  // Who has nothing more to say wants it to end, and is told how it did.
  socket.on("end", () => gone.abort());
  socket.on("close", () => gone.abort());
  const lines = createInterface({ input: socket });
  socket.once("close", () => lines.close());
  for await (const line of lines) {
    send({ heard: true });
    const visitor: Visitor = { say: (stream, text) => send({ stream, text }), gone: gone.signal };
    send(await answer(JSON.parse(line) as KeeperRequest, visitor).catch(failed));
    break;
  }
  socket.end();
}

function failed(error: unknown): KeeperAnswer {
  return { failed: errorMessage(error), hint: error instanceof UserError ? error.hint : undefined };
}
