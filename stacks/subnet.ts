import { randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { RunError } from "@pulumi/pulumi";
import { type Engine, EngineError, type NetworkSummary } from "../docker/engine.ts";
import { labels, type StackNames } from "../model/names.ts";

/** What engines say where their own pools of addresses are used up: Docker 20 to 26, Docker 27 and later, podman. */
const exhausted = /non-overlapping IPv4 address pool|address pools have been fully subnetted|free subnet from subnet pools/;

// Networks of 62 addresses each, 1,024 of them: 10.213.0.0/26 is the first.
const first = 0x0ad50000;
const last = 0x0ad5ffff;
const step = 64;

export interface SubnetArgs {
  readonly names: StackNames;
  readonly owner: string;
}

/**
 * Addresses for the network of a stack that has none yet, where the engine has none left to give: with its default pools that is after some
 * 30 networks.
 * @returns a subnet; undefined where the network is there already, or the engine finds one itself
 * @throws RunError naming the networks where everything is in use
 */
export async function subnetFor(
  engine: Pick<Engine, "host" | "networks" | "createNetwork" | "removeNetwork">,
  { names, owner }: SubnetArgs,
): Promise<string | undefined> {
  const networks = await engine.networks({});
  if (networks.some(({ name }) => name === names.network)) return undefined;
  const attempt = `${names.network}-${randomBytes(4).toString("hex")}`;
  try {
    await engine.createNetwork(attempt, { [labels.stack]: names.stack, [labels.owner]: owner });
  } catch (error) {
    if (!(error instanceof EngineError) || !exhausted.test(error.message)) throw error;
    const routes = engine.host.startsWith("unix:") ? await hostRoutes() : [];
    const found = freeSubnet([...networks.flatMap(({ subnets }) => subnets), ...routes]);
    if (found === undefined) throw new RunError(nothingFree(networks));
    return found;
  }
  await engine.removeNetwork(attempt);
  return undefined;
}

/** @param used subnets such as "10.0.0.0/8"; others than IPv4 are passed over. Pure */
export function freeSubnet(used: readonly string[]): string | undefined {
  const ranges = used.map(range).filter((each) => each !== undefined);
  for (let start = first; start < last; start += step) {
    const end = start + step - 1;
    if (ranges.every(([from, to]) => to < start || from > end)) return `${dotted(start)}/26`;
  }
  return undefined;
}

/** The first and the last address as numbers. */
function range(subnet: string): [number, number] | undefined {
  const parts = /^(\d+)\.(\d+)\.(\d+)\.(\d+)\/(\d+)$/.exec(subnet)?.slice(1).map(Number);
  if (parts === undefined) return undefined;
  const [a = 0, b = 0, c = 0, d = 0, bits = 32] = parts;
  const size = 2 ** (32 - bits);
  const from = Math.floor((((a * 256 + b) * 256 + c) * 256 + d) / size) * size;
  return [from, from + size - 1];
}

function dotted(address: number): string {
  return [24, 16, 8, 0].map((shift) => (address >>> shift) & 255).join(".");
}

/** What this machine reaches already, but for the default route; Linux alone tells. */
async function hostRoutes(): Promise<string[]> {
  return parseRoutes(await readFile("/proc/net/route", "utf8").catch(() => ""));
}

/** @param table /proc/net/route: the second field is the destination, the eighth the mask, both as numbers of a little-endian machine. Pure */
export function parseRoutes(table: string): string[] {
  return table
    .split("\n")
    .slice(1)
    .map((line) => line.split("\t"))
    .filter(([, destination = "", , , , , , mask = ""]) => destination !== "" && mask !== "" && mask !== "00000000")
    .map(([, destination = "", , , , , , mask = ""]) => `${address(destination)}/${ones(mask)}`);
}

function address(hex: string): string {
  return [...Buffer.from(hex, "hex")].reverse().join(".");
}

function ones(hex: string): number {
  return [...Number.parseInt(hex, 16).toString(2)].filter((bit) => bit === "1").length;
}

function nothingFree(networks: readonly NetworkSummary[]): string {
  const owners = networks.map(({ name, labels: has }) => {
    const stack = has[labels.stack];
    return stack === undefined ? name : `${name} (stack ${stack})`;
  });
  return (
    `the container engine has no addresses left for another network, and all of ${dotted(first)}/16 is in use too; its networks: ` +
    `${owners.join(", ")}\nremove those that nobody uses: docker network prune; or a stack: ./nitro down -s <name>`
  );
}
