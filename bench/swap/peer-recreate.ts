import type { Built } from "../build.ts";
import type { ComposeProject } from "./compose-project.ts";
import type { Contender, Swapped } from "./contender.ts";
import { replaceFile, watchSwap } from "./measure.ts";
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
    await replaceFile(built, this.peer.binary);
    await this.project.compose("up", "--detach");
    await watchSwap(this.peer.target, built);
  }

  async swap(built: Built): Promise<Swapped> {
    const began = await replaceFile(built, this.peer.binary);
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
