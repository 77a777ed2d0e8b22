import type { Engine } from "./engine.ts";

/** Where a program takes connections. */
export interface Listener {
  /** An IPv4 or IPv6 address; 0.0.0.0 and :: stand for all. */
  readonly address: string;
  readonly port: number;
}

/** Docker's own resolver listens inside every container of a network. */
const resolver = "127.0.0.11";

/**
 * What listens inside a container, by the kernel's own list. Containers of ours run one program, so it is that program's.
 * @returns nothing where that cannot be read: the image has no `cat`, or the container has ended
 */
export async function listenersOf(engine: Pick<Engine, "exec">, container: string): Promise<Listener[]> {
  const tables = await engine.exec(container, ["cat", "/proc/net/tcp", "/proc/net/tcp6"]).catch(() => undefined);
  return tables === undefined ? [] : parseListeners(tables.stdout);
}

/** State 0A in the tables of the kernel (Documentation/networking/proc_net_tcp.rst). */
const listening = /^\s*\d+: ([0-9A-F]{8}|[0-9A-F]{32}):([0-9A-F]{4}) [0-9A-F]+:0000 0A /gm;

/** @param tables /proc/net/tcp and /proc/net/tcp6 */
export function parseListeners(tables: string): Listener[] {
  const all = [...tables.matchAll(listening)].map(([, address = "", port = ""]) => ({
    address: readAddress(address),
    port: Number.parseInt(port, 16),
  }));
  return all.filter(({ address }) => address !== resolver);
}

/** True where nobody outside the container gets there. */
export function isLoopback(address: string): boolean {
  return address.startsWith("127.") || address === "::1";
}

/** The kernel writes each 32 bits as a number of the machine: both of our architectures are little-endian. */
function readAddress(hex: string): string {
  const bytes = (hex.match(/.{8}/g) ?? []).flatMap((word) => [...Buffer.from(word, "hex").reverse()]);
  const mapped = bytes.length === 16 && bytes.slice(0, 10).every((byte) => byte === 0) && bytes[10] === 255 && bytes[11] === 255;
  if (bytes.length === 4 || mapped) return bytes.slice(-4).join(".");
  const groups = Array.from({ length: 8 }, (_, index) => (((bytes[2 * index] ?? 0) << 8) | (bytes[2 * index + 1] ?? 0)).toString(16));
  // Shortened as people write the two addresses that occur.
  return groups
    .join(":")
    .replace(/^(0:){7}/, "::")
    .replace(/^::0$/, "::");
}
