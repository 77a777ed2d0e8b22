import type { Built } from "../build.ts";
import { runArguments } from "../docker-run.ts";
import { runBenchProgram } from "../run.ts";
import type { Contender, SwapTimes } from "./contender.ts";
import { measureSwap, replaceExecutable, watchSwap } from "./measure.ts";
import type { Peer } from "./peer.ts";

/** By hand: `docker rm -f` of both containers, `docker run` of each. */
export class DockerRun implements Contender {
  readonly name = "docker rm -f, docker run";
  private readonly peer: Peer;

  constructor(peer: Peer) {
    this.peer = peer;
  }

  async start(built: Built): Promise<void> {
    await this.stop();
    await replaceExecutable(built, this.peer.binary);
    await this.runBoth();
    await watchSwap(this.peer.target, built);
  }

  async swap(built: Built): Promise<SwapTimes> {
    const work = () => runBenchProgram("docker", ["rm", "-f", this.peer.service.name, this.peer.worker.name]).then(() => this.runBoth());
    return (await measureSwap({ ...this.peer, built, work })).times;
  }

  async stop(): Promise<void> {
    await runBenchProgram("docker", ["rm", "-f", this.peer.service.name, this.peer.worker.name]).catch(() => "");
  }

  private async runBoth(): Promise<void> {
    await runBenchProgram("docker", runArguments(this.peer.service));
    await runBenchProgram("docker", runArguments(this.peer.worker));
  }
}
