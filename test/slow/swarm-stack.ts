import { rmSync, writeFileSync } from "node:fs";
import { StackTunnel } from "../../automation/tunnel.ts";
import { Engine } from "../../docker/engine.ts";
import { ensureImages, imageRefs, registryImageRefs } from "../../images/build.ts";
import { containerName, type StackNames, stackNames } from "../../model/names.ts";
import type { StackOutputs } from "../../model/outputs.ts";
import { settingsPath } from "../../model/settings-file.ts";
import { waitFor } from "../../testing/wait-for.ts";
import { ownerId } from "../../toolchain/owner.ts";
import { ledgerClient, statesOf } from "../e2e/ledger-states.ts";
import { nitro, nitroJson, root, run } from "../e2e/nitro.ts";
import { SwarmNodes } from "./swarm-nodes.ts";

/** What came of a payout in whose middle a node was lost. */
export interface LossReport {
  /** The node that was lost. */
  readonly node: number;
  /** From the loss until the service's task runs on another node, in ms. */
  readonly movedMs: number;
  /** The states of each payment in the ledger, by payee and document, in their order. */
  readonly states: ReadonlyMap<string, readonly string[]>;
}

/** A stack whose settings name a swarm of three nodes that have its images: commands get no DOCKER_HOST. */
export class SwarmStack {
  readonly name: string;
  readonly names: StackNames;
  readonly nodes: SwarmNodes;
  /** The manager's. */
  readonly engine: Engine;

  private constructor(name: string, nodes: SwarmNodes) {
    this.name = name;
    this.names = stackNames(name);
    this.nodes = nodes;
    this.engine = nodes.manager.connect();
  }

  /** Makes the nodes. The stack is not up yet. @param settings further ones, by their full keys */
  static async prepare(name: string, settings: Readonly<Record<string, string>> = {}): Promise<SwarmStack> {
    const local = Engine.connect();
    const { arch } = await local.ping();
    const refs = { ...imageRefs(arch), ...registryImageRefs(arch) };
    await ensureImages(local, refs);
    const nodes = await SwarmNodes.start();
    await nodes.manager.load(Object.values(refs));
    const stack = new SwarmStack(name, nodes);
    stack.settle(nodes.manager.host, settings);
    // What an interrupted run has left of its state.
    await run("./nitro", ["down", "-s", name, "--yes", "--keep-settings"]);
    return stack;
  }

  /** Writes the stack's settings anew. @param host of docker:host */
  settle(host: string, settings: Readonly<Record<string, string>> = {}): void {
    const config = { ...settings, "docker:host": host, "nitro:runtime": "swarm" };
    writeFileSync(settingsPath(root, this.name), JSON.stringify({ config }));
  }

  async stop(): Promise<void> {
    try {
      await run("./nitro", ["down", "-s", this.name, "--yes"]);
    } finally {
      await this.nodes.stop();
      rmSync(settingsPath(root, this.name), { force: true });
    }
  }

  /** @returns the node that runs a part now, such as "node2"; undefined where none does */
  async nodeOf(part: string): Promise<string | undefined> {
    const format = "{{.Node}} {{.CurrentState}}";
    const filter = ["--filter", "desired-state=running"];
    const told = await this.nodes.docker("service", "ps", containerName(this.name, part), ...filter, "--format", format);
    return /^(\S+) Running/m.exec(told)?.[1];
  }

  /** Has Docker alone replace the tasks of service and worker, as they are declared. Resolves when the swarm calls both stable. */
  async forceUpdate(): Promise<void> {
    const { service, worker } = this.names.containers;
    await Promise.all([service, worker].map((name) => this.nodes.docker("service", "update", "--quiet", "--force", name)));
  }

  /** Pays, and loses the node of the service in the middle of it. @param count payments @param after so many are known to the ledger */
  async payThroughLoss(count: number, after: number): Promise<LossReport> {
    const node = Number((await this.nodeOf("service"))?.replace("node", ""));
    const tunnel = await StackTunnel.open(this.engine, this.name, ownerId(process.env));
    try {
      const { ledgerName } = await nitroJson<StackOutputs>("outputs", "-s", this.name);
      const ledger = ledgerClient({ ledgerEndpoint: `http://127.0.0.1:${tunnel.ports.ledger}`, ledgerName });
      const known = async () => (await ledger.read("SELECT t.data FROM transactions AS t")).length;
      const before = await known();
      const paying = nitro("pay", "-s", this.name, "--count", String(count), "--timeout", "240");
      // Awaited below: a failure before that is no rejection that nobody handles.
      paying.catch(() => undefined);
      await waitFor(async () => (await known()) > before + after, { what: "the payout is under way", timeoutMs: 120_000 });
      await this.nodes.setLink(node, "down");
      const began = Date.now();
      const moved = async () => {
        const now = await this.nodeOf("service");
        return now !== undefined && now !== `node${node}`;
      };
      await waitFor(moved, { what: "the service runs on another node", timeoutMs: 120_000 });
      const movedMs = Date.now() - began;
      const said = await paying;
      const [, payout = "", paid] = /^payout (\S+): \d+ payments, (\d+) paid/m.exec(said) ?? [];
      if (Number(paid) !== count) throw new Error(`${count} payments were to be paid: ${said}`);
      const states = await statesOf(ledger, payout);
      await ledger.close();
      return { node, movedMs, states };
    } finally {
      tunnel.close();
    }
  }
}
