import type { Built } from "../build.ts";
import type { ComposeProject } from "./compose-project.ts";
import type { Contender, SwapTimes } from "./contender.ts";
import { replaceExecutable, watchSwap } from "./measure.ts";
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
    const began = await replaceExecutable(built, this.peer.binary);
    const [{ answered, proved }] = await Promise.all([
      watchSwap(this.peer.target, built),
      this.project.compose("up", "--detach", "--force-recreate", "--no-deps", "service", "worker"),
    ]);
    return { answered: answered - began, proved: proved - began };
  }

  async stop(): Promise<void> {
    await this.project.down();
  }
}
