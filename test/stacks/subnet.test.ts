import { expect, test } from "vitest";
import { EngineError, type NetworkSummary } from "../../docker/engine.ts";
import { labels, stackNames } from "../../model/names.ts";
import { freeSubnet, parseRoutes, subnetFor } from "../../stacks/subnet.ts";

const args = { names: stackNames("alice"), owner: "me" };

function network(name: string, subnets: readonly string[] = [], has: Record<string, string> = {}): NetworkSummary {
  return { id: name, name, labels: has, created: "", subnets };
}

/** An engine with these networks, which makes another one or refuses as it is told. */
function engineWith(networks: readonly NetworkSummary[], refusal?: string) {
  const made: string[] = [];
  const removed: string[] = [];
  const engine = {
    host: "tcp://elsewhere:2376",
    networks: async () => [...networks],
    async createNetwork(name: string, has: Record<string, string>) {
      if (refusal !== undefined) throw new EngineError(refusal, 404);
      expect(has).toEqual({ [labels.stack]: "alice", [labels.owner]: "me" });
      made.push(name);
    },
    async removeNetwork(name: string) {
      removed.push(name);
    },
  };
  return { engine, made, removed };
}

const refusals = [
  "could not find an available, non-overlapping IPv4 address pool among the defaults to assign to the network",
  "all predefined address pools have been fully subnetted",
  "could not find free subnet from subnet pools",
];

test("an engine that has addresses chooses them itself; what was made to find out is gone", async () => {
  const { engine, made, removed } = engineWith([network("bridge", ["172.17.0.0/16"])]);
  expect(await subnetFor(engine, args)).toBeUndefined();
  expect(made).toHaveLength(1);
  expect(removed).toEqual(made);
});

test("a network that is there keeps what it has, and nothing is tried", async () => {
  const { engine, made } = engineWith([network(args.names.network, ["10.213.0.0/26"])], refusals[0]);
  expect(await subnetFor(engine, args)).toBeUndefined();
  expect(made).toEqual([]);
});

test.each(refusals)("where an engine has none left, a small one is taken that nothing uses: %s", async (refusal) => {
  const { engine } = engineWith([network("a", ["10.213.0.0/26"]), network("b", ["10.213.0.64/26", "fd00::/64"])], refusal);
  expect(await subnetFor(engine, args)).toBe("10.213.0.128/26");
});

test("another refusal is the engine's own", async () => {
  await expect(subnetFor(engineWith([], "permission denied").engine, args)).rejects.toThrow("permission denied");
});

test("where everything is in use the networks are named, with their stacks", async () => {
  const { engine } = engineWith([network("vpn", ["10.0.0.0/8"]), network("nitro-bob", [], { [labels.stack]: "bob" })], refusals[0]);
  await expect(subnetFor(engine, args)).rejects.toThrow(/its networks: vpn, nitro-bob \(stack bob\)\nremove .*: docker network prune/);
});

test("a subnet overlaps no other, be that larger, smaller or not at its first address", () => {
  expect(freeSubnet([])).toBe("10.213.0.0/26");
  expect(freeSubnet(["10.213.0.5/32"])).toBe("10.213.0.64/26");
  expect(freeSubnet(["10.213.1.7/17"])).toBe("10.213.128.0/26");
  expect(freeSubnet(["0.0.0.0/0"])).toBeUndefined();
  expect(freeSubnet(["no subnet", "10.212.0.0/16", "10.214.0.0/16"])).toBe("10.213.0.0/26");
});

test("a hundred stacks find a hundred subnets", () => {
  const used: string[] = [];
  for (let stack = 0; stack < 100; stack++) used.push(freeSubnet(used) ?? "none");
  expect(new Set(used).size).toBe(100);
  expect(used).not.toContain("none");
});

test("the routes of this machine are read from the kernel's table, without the default one", () => {
  const head = "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n";
  const table = `${head}eth0\t00000000\t0101A8C0\t0003\t0\t0\t0\t00000000\t0\t0\t0\neth0\t0001A8C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0\ntun0\t0000D50A\t00000000\t0001\t0\t0\t0\t0000FFFF\t0\t0\t0\n`;
  expect(parseRoutes(table)).toEqual(["192.168.1.0/24", "10.213.0.0/16"]);
  expect(parseRoutes("")).toEqual([]);
});
