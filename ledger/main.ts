import { mkdirSync } from "node:fs";
import { isMainThread } from "node:worker_threads";
import { Registry } from "./control/registry.ts";
import { lockFolder } from "./folder-lock.ts";
import { ledgerServer } from "./http/server.ts";
import { Sessions } from "./session/session.ts";
import { verifyAsThread, verifyInBackground } from "./verify/background.ts";

/** Settings of the process, all from its environment. */
function settings(env: NodeJS.ProcessEnv) {
  const port = Number(env.LEDGER_PORT || 8080);
  if (!Number.isInteger(port) || port < 0 || port > 65_535) fail(`LEDGER_PORT is "${env.LEDGER_PORT}": allowed are 0 to 65535`);
  const folder = env.LEDGER_DIR || "";
  if (folder === "") fail("LEDGER_DIR is not set: name the folder that keeps the ledgers");
  return {
    port,
    folder,
    host: env.LEDGER_HOST || "127.0.0.1",
    name: env.LEDGER_NAME || "",
    place: { region: env.LEDGER_REGION || "us-east-1", account: env.LEDGER_ACCOUNT || "000000000000" },
    hosts: (env.LEDGER_HOSTS ?? "").split(",").filter((host) => host !== ""),
  };
}

function log(message: string, level: "info" | "error" = "info"): void {
  process.stderr.write(`${JSON.stringify({ time: new Date().toISOString(), level, message })}\n`);
}

function fail(message: string): never {
  log(message, "error");
  process.exit(1);
}

async function main(): Promise<void> {
  const { port, folder, host, name, place, hosts } = settings(process.env);
  mkdirSync(folder, { recursive: true });
  const unlock = lockFolder(folder);
  const began = performance.now();
  const now = Date.now;
  const onFailure = (error: Error) => fail(`the journal cannot be written, nothing more is accepted: ${error.message}`);
  const registry = await Registry.open(folder, place, { now, log, onFailure });
  if (name !== "" && registry.describe(name) === undefined) {
    await registry.create({ name, permissionsMode: "STANDARD", deletionProtection: false, tags: {} });
  }
  const sessions = new Sessions(now);
  const sweeping = setInterval(() => sessions.sweep(), 10_000);
  const server = ledgerServer({ registry, sessions, now, log, hosts });
  server.on("error", (error: NodeJS.ErrnoException) => {
    fail(error.code === "EADDRINUSE" ? `port ${port} on ${host} is in use: set LEDGER_PORT to a free one` : error.message);
  });
  server.listen(port, host, () => {
    const address = server.address();
    const actual = typeof address === "object" && address !== null ? address.port : port;
    const ledgers =
      registry
        .list()
        .map((each) => each.name)
        .join(", ") || "none yet";
    log(`listening on http://${host}:${actual}, ledgers: ${ledgers} (ready after ${Math.round(performance.now() - began)} ms)`);
  });

  const verifying = new AbortController();
  verifyAll(registry, verifying.signal);

  let stopping = false;
  const stop = async (): Promise<void> => {
    if (stopping) return;
    stopping = true;
    clearInterval(sweeping);
    verifying.abort();
    // What is being answered is answered; whoever takes longer is cut off.
    const answered = new Promise((resolve) => server.close(resolve));
    server.closeIdleConnections();
    const cut = setTimeout(() => server.closeAllConnections(), 400);
    await answered;
    clearTimeout(cut);
    await registry.close();
    unlock();
    process.exit(0);
  };
  for (const signal of ["SIGTERM", "SIGINT"] as const) process.on(signal, () => void stop());
}

/** All that was committed before this start, whatever of it the start itself has read. */
function verifyAll(registry: Registry, signal: AbortSignal): void {
  for (const { name } of registry.list()) {
    const ledger = registry.ledger(name);
    if (ledger === undefined || ledger.store.sequenceNo < 0) continue;
    verifyInBackground(new URL(import.meta.url), ledger.journalFile, signal).then(
      (blocks) => {
        if (blocks !== undefined) log(`ledger ${name}: verified ${blocks} blocks`);
      },
      (error: unknown) => {
        // A ledger that was deleted meanwhile has no journal any more.
        if (!ledger.closed) fail(`ledger ${name} is damaged: ${error instanceof Error ? error.message : String(error)}`);
      },
    );
  }
}

const run = isMainThread ? main : verifyAsThread;
run().catch((error: unknown) => fail(error instanceof Error ? error.message : String(error)));
