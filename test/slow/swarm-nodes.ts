import { engineLabel } from "../../docker/swarm.ts";
import { run } from "../e2e/nitro.ts";
import { SecondEngine } from "../e2e/second-engine.ts";

/** The first three numbers of the nodes' addresses. */
const network = "10.217.83";

/**
 * Three engines of one swarm, each in a network namespace of its own, joined by a bridge in a fourth one: nothing of this machine's own network
 * changes. The first is the manager. Nobody's engine is touched, and all end with this process.
 */
export class SwarmNodes {
  /** The manager, then the workers. */
  readonly engines: readonly SecondEngine[];
  private readonly prefix: string;

  private constructor(prefix: string, engines: readonly SecondEngine[]) {
    this.prefix = prefix;
    this.engines = engines;
  }

  static async start(): Promise<SwarmNodes> {
    const prefix = `nitro${process.pid}`;
    const engines: SecondEngine[] = [];
    const nodes = new SwarmNodes(prefix, engines);
    try {
      await must("ip", "netns", "add", prefix);
      await must("ip", "-n", prefix, "link", "add", "bridge", "type", "bridge");
      await must("ip", "-n", prefix, "link", "set", "bridge", "up");
      for (const number of [1, 2, 3]) {
        const namespace = await addMachine(prefix, number);
        const machine = { namespace, hostname: `node${number}` };
        engines.push(await SecondEngine.start({ machine, arguments: ["--insecure-registry", `${network}.0/24`] }));
      }
      await nodes.join();
      return nodes;
    } catch (error) {
      await nodes.stop();
      throw error;
    }
  }

  get manager(): SecondEngine {
    return this.node(1);
  }

  /** As the manager's docker command. @returns what it prints */
  async docker(...args: string[]): Promise<string> {
    return await this.dockerOn(1, ...args);
  }

  /** As the docker command of a node. @param number 1: the manager @returns what it prints */
  async dockerOn(number: number, ...args: string[]): Promise<string> {
    return await must("docker", "--host", this.node(number).host, ...args);
  }

  /** Takes a node off the others' network, or puts it back. Nobody has an answer of its engine meanwhile. */
  async setLink(number: number, state: "up" | "down"): Promise<void> {
    this.node(number).silent = state === "down";
    await must("ip", "-n", `${this.prefix}-${number}`, "link", "set", "eth0", state);
  }

  async stop(): Promise<void> {
    await Promise.allSettled(this.engines.map((engine) => engine.stop()));
    for (const number of [1, 2, 3]) await run("ip", ["netns", "del", `${this.prefix}-${number}`]);
    await run("ip", ["netns", "del", this.prefix]);
  }

  /** @param number 1: the manager */
  node(number: number): SecondEngine {
    const engine = this.engines[number - 1];
    if (engine === undefined) throw new Error(`node ${number} is not there`);
    return engine;
  }

  private async join(): Promise<void> {
    await this.docker("swarm", "init", "--advertise-addr", `${network}.1`);
    const token = (await this.docker("swarm", "join-token", "--quiet", "worker")).trim();
    for (const number of [2, 3]) {
      const { host } = this.node(number);
      const address = ["--advertise-addr", `${network}.${number}`, `${network}.1:2377`];
      await must("docker", "--host", host, "swarm", "join", "--token", token, ...address);
      await this.docker("node", "update", "--label-add", `${engineLabel}=${host}`, `node${number}`);
    }
  }
}

/** @returns the namespace of a machine that the others reach */
async function addMachine(prefix: string, number: number): Promise<string> {
  const namespace = `${prefix}-${number}`;
  await must("ip", "netns", "add", namespace);
  await must("ip", "-n", prefix, "link", "add", `port${number}`, "type", "veth", "peer", "name", "eth0", "netns", namespace);
  await must("ip", "-n", prefix, "link", "set", `port${number}`, "master", "bridge", "up");
  await must("ip", "-n", namespace, "addr", "add", `${network}.${number}/24`, "dev", "eth0");
  await must("ip", "-n", namespace, "link", "set", "eth0", "up");
  await must("ip", "-n", namespace, "route", "add", "default", "via", `${network}.254`);
  return namespace;
}

async function must(program: string, ...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await run(program, args);
  if (code !== 0) throw new Error(`${program} ${args.join(" ")} ended with ${code}:\n${stderr}`);
  return stdout;
}
