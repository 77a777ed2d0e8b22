import { readdir, readFile, readlink } from "node:fs/promises";
import { createServer } from "node:net";
import { basename } from "node:path";
import { run } from "./process.ts";

/** @returns whether nothing listens on 127.0.0.1:port */
export function portIsFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen({ port, host: "127.0.0.1", exclusive: true }, () => server.close(() => resolve(true)));
  });
}

/**
 * The process that listens on a TCP port of this host.
 * @returns such as `process 4711 (redis-server)`; undefined where the system does not tell (another user's process)
 */
export async function portHolder(port: number): Promise<string | undefined> {
  const pid = process.platform === "linux" ? await listenerByProc(port) : await listenerByLsof(port);
  if (pid === undefined) return undefined;
  // The name of a process may be that of a thread (node calls its own MainThread): the command line says which program it is.
  const found = await run("ps", ["-o", "args=", "-p", String(pid)], { env: process.env });
  const program = basename(found.stdout.trim().split(/\s/)[0] ?? "");
  return `process ${pid}${program === "" ? "" : ` (${program})`}`;
}

/** @returns those of some TCP ports of this host that a connection is open at; none where the system does not tell (Linux alone does) */
export async function connectedPorts(ports: readonly number[]): Promise<number[]> {
  const established = (await socketTable()).filter((columns) => columns[3] === "01");
  // With a proxy of the engine's a connection ends at the port; without one the client's own end tells.
  return ports.filter((port) =>
    established.some((columns) => [columns[1], columns[2]].some((end) => end?.endsWith(`:${hex(port)}`) === true)),
  );
}

/** The kernel's table of TCP sockets, in columns: proc(5), /proc/net/tcp. */
async function socketTable(): Promise<string[][]> {
  const tables = await Promise.all(["tcp", "tcp6"].map((table) => readFile(`/proc/net/${table}`, "utf8").catch(() => "")));
  return tables.flatMap((table) => table.split("\n").slice(1)).map((line) => line.trim().split(/\s+/));
}

function hex(port: number): string {
  return port.toString(16).toUpperCase().padStart(4, "0");
}

/** Follows the socket's inode from the kernel's table of listeners to the process that holds it. */
async function listenerByProc(port: number): Promise<number | undefined> {
  const listening = "0A";
  const inodes = (await socketTable())
    .filter((columns) => columns[1]?.endsWith(`:${hex(port)}`) === true && columns[3] === listening)
    .map((columns) => `socket:[${columns[9]}]`);
  if (inodes.length === 0) return undefined;
  const pids = (await readdir("/proc")).filter((entry) => /^\d+$/.test(entry));
  for (const pid of pids) {
    const descriptors = await readdir(`/proc/${pid}/fd`).catch(() => []);
    for (const descriptor of descriptors) {
      const link = await readlink(`/proc/${pid}/fd/${descriptor}`).catch(() => "");
      if (inodes.includes(link)) return Number(pid);
    }
  }
  return undefined;
}

async function listenerByLsof(port: number): Promise<number | undefined> {
  const found = await run("lsof", ["-nP", `-iTCP:${port}`, "-sTCP:LISTEN", "-t"], { env: process.env });
  const pid = Number(found.stdout.split("\n")[0]);
  return Number.isInteger(pid) && pid > 0 ? pid : undefined;
}
