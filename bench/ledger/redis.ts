import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { createInterface } from "node:readline";

export interface RedisServer {
  readonly address: string;
  stop(): Promise<void>;
}

/**
 * Starts a Redis whose every write is on disk before it is answered.
 * @param folder where its append-only file goes
 * @throws Error where there is no redis-server, or it ends
 */
export async function startRedis(folder: string): Promise<RedisServer> {
  const port = await freePort();
  const settings = { bind: "127.0.0.1", port, dir: folder, appendonly: "yes", appendfsync: "always", save: "" };
  const args = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, String(value)]);
  const child = spawn("redis-server", args, { stdio: ["ignore", "pipe", "pipe"] });
  const log: string[] = [];
  const failed = once(child, "error").then(([error]: unknown[]) => {
    throw new Error(`redis-server cannot be started (Debian: apt-get install redis-server): ${String(error)}`);
  });
  const ended = once(child, "exit").then(() => {
    throw new Error(`redis-server ended:\n${log.join("\n")}`);
  });
  for (const end of [failed, ended]) end.catch(() => undefined);
  const ready = new Promise<void>((resolve) => {
    createInterface({ input: child.stdout }).on("line", (line) => {
      log.push(line);
      if (line.includes("Ready to accept connections")) resolve();
    });
  });
  await Promise.race([ready, failed, ended]);
  return {
    address: `127.0.0.1:${port}`,
    stop: async () => {
      child.kill("SIGTERM");
      await ended.catch(() => undefined);
    },
  };
}

async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  if (typeof address !== "object" || address === null) throw new Error("there is no free port");
  return address.port;
}
