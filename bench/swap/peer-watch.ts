import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Built } from "../build.ts";
import { runBenchProgram } from "../run.ts";
import type { ComposeProject } from "./compose-project.ts";
import type { Contender, SwapTimes } from "./contender.ts";
import { measureSwap, replaceExecutable, watchSwap } from "./measure.ts";
import { type Peer, program } from "./peer.ts";

/** `docker compose watch`: copies the executable into the containers and restarts them. */
export class ComposeWatch implements Contender {
  readonly name = "docker compose watch (sync+restart)";
  private readonly peer: Peer;
  private readonly project: ComposeProject;
  private readonly image: string;
  private watcher: ChildProcess | undefined;
  private said = "";

  constructor(peer: Peer, project: ComposeProject) {
    this.peer = peer;
    this.project = project;
    this.image = `localhost/${peer.service.name}`;
  }

  async start(built: Built): Promise<void> {
    const { folder, binary } = this.peer;
    await replaceExecutable(built, binary);
    // A copy gets into a container only where its root may be written; the first executable comes with the image.
    await writeFile(join(folder, "Dockerfile"), `FROM ${this.peer.service.image}\nCOPY payments ${program}\n`);
    await runBenchProgram("docker", ["build", "--tag", this.image, folder], { DOCKER_BUILDKIT: "0" });
    const binds = this.peer.service.binds.filter((bind) => !bind.startsWith(`${folder}:`));
    await this.project.write({
      image: this.image,
      read_only: false,
      // Engine 20.10 looks up the owner of what is copied among the users of the host.
      user: "root",
      volumes: binds,
      develop: { watch: [{ action: "sync+restart", path: folder, target: "/app", ignore: ["Dockerfile"] }] },
    });
    const [word = "docker", ...words] = this.project.words;
    this.watcher = spawn(word, [...words, "watch"], { stdio: ["ignore", "pipe", "pipe"] });
    await this.ready(this.watcher);
    await watchSwap(this.peer.target, built);
  }

  async swap(built: Built): Promise<SwapTimes> {
    this.said = "";
    const { times } = await measureSwap({ ...this.peer, built }).catch((cause: unknown) => {
      throw new Error(`docker compose watch did not swap; it said:\n${this.said}`, { cause });
    });
    return times;
  }

  async stop(): Promise<void> {
    if (this.watcher?.exitCode === null) {
      const ended = once(this.watcher, "exit");
      this.watcher.kill("SIGINT");
      await ended;
    }
    await this.project.down();
    await runBenchProgram("docker", ["image", "rm", "-f", this.image]).catch(() => "");
  }

  /** @throws Error with all it said where it ends before it watches */
  private ready(watcher: ChildProcess): Promise<void> {
    return new Promise<void>((resolve, reject) => {
      const listen = (data: Buffer) => {
        this.said += data.toString();
        if (this.said.includes("Watch enabled")) resolve();
      };
      watcher.stdout?.on("data", listen);
      watcher.stderr?.on("data", listen);
      watcher.once("error", reject);
      watcher.once("exit", (code) => reject(new Error(`docker compose watch ended with ${code}:\n${this.said}`)));
    });
  }
}
