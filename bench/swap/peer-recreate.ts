import type { Built } from "../build.ts";
import type { ComposeProject } from "./compose-project.ts";
import type { Contender, SwapTimes } from "./contender.ts";
import { measureSwap, replaceExecutable, watchSwap } from "./measure.ts";
import type { Peer } from "./peer.ts";

/** By hand: `docker compose up --force-recreate`. */
export class ComposeRecreate implements Contender {
  readonly name = "docker compose up --force-recreate";
  private readonly peer: Peer;
  private readonly project: ComposeProject;

  constructor(peer: Peer, project: ComposeProject) {
    this.peer = peer;
    this.project = project;
  }

  async start(built: Built): Promise<void> {
    await this.project.write({});
    await replaceExecutable(built, this.peer.binary);
    await this.project.compose("up", "--detach");
    await watchSwap(this.peer.target, built);
  }

  async swap(built: Built): Promise<SwapTimes> {
    const work = () => this.project.compose("up", "--detach", "--force-recreate", "--no-deps", "service", "worker");
    return (await measureSwap({ ...this.peer, built, work })).times;
  }

  async stop(): Promise<void> {
    await this.project.down();
  }
}
