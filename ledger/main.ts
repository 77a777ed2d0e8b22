import { isMainThread } from "node:worker_threads";
import { identityFile } from "./http/identity-file.ts";
import { logTo } from "./log.ts";
import { memoryLimit } from "./memory.ts";
import { type ServeOptions, type Serving, serve } from "./serve.ts";
import { verifyAsThread } from "./verify/background.ts";

const log = logTo(process.stderr);

/** Settings of the process, all from its environment. */
function settings(env: NodeJS.ProcessEnv): Omit<ServeOptions, "program" | "log" | "onFailure"> {
  const port = Number(env.LEDGER_PORT || 8080);
  if (!Number.isInteger(port) || port < 0 || port > 65_535) fail(`LEDGER_PORT is "${env.LEDGER_PORT}": allowed are 0 to 65535`);
  const folder = env.LEDGER_DIR || "";
  if (folder === "") fail("LEDGER_DIR is not set: name the folder that keeps the ledgers");
  const memory = memoryLimit(env.LEDGER_MEMORY);
  if (typeof memory !== "number") fail(memory.problem);
  const identity = env.LEDGER_TLS_FILE || undefined;
  return {
    port,
    memory,
    folder,
    host: env.LEDGER_HOST || "127.0.0.1",
    name: env.LEDGER_NAME || undefined,
    place: { region: env.LEDGER_REGION || "us-east-1", account: env.LEDGER_ACCOUNT || "000000000000" },
    hosts: (env.LEDGER_HOSTS ?? "").split(",").filter((host) => host !== ""),
    tls: identity === undefined ? undefined : { identity: identityFile(identity), plainToo: true },
  };
}

function fail(message: string): never {
  log(message, "error");
  process.exit(1);
}

async function main(): Promise<void> {
  const options = settings(process.env);
  let serving: Serving | undefined;
  let stopping = false;
  const stop = async (): Promise<void> => {
    if (stopping) return;
    stopping = true;
    await serving?.stop();
    process.exit(0);
  };
  for (const signal of ["SIGTERM", "SIGINT"] as const) process.on(signal, () => void stop());
  const began = performance.now();
  const onFailure = (error: Error) => fail(error.message);
  serving = await serve({ ...options, program: new URL(import.meta.url), log, onFailure }).catch((error: unknown) =>
    fail(startProblem(error, options)),
  );
  const ledgers = serving.ledgers.join(", ") || "none yet";
  const took = Math.round(performance.now() - began);
  log(`listening on http://${options.host}:${serving.port}, ledgers: ${ledgers} (ready after ${took} ms)`);
}

function startProblem(error: unknown, { folder, host, port }: Pick<ServeOptions, "folder" | "host" | "port">): string {
  if (!(error instanceof Error)) return String(error);
  const { code, syscall } = error as NodeJS.ErrnoException;
  if (code === "EADDRINUSE") return `port ${port} on ${host} is in use: set LEDGER_PORT to a free one`;
  if (syscall !== "listen" && (code === "EACCES" || code === "EPERM" || code === "EROFS"))
    return `the folder ${folder} (LEDGER_DIR) cannot be written by user ${process.getuid?.()}: ${error.message}`;
  if (syscall === "mkdir") return `the folder ${folder} (LEDGER_DIR) cannot be made: ${error.message}`;
  return error.message;
}

const run = isMainThread ? main : verifyAsThread;
run().catch((error: unknown) => fail(error instanceof Error ? error.message : String(error)));
