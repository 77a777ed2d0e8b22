import type { Built } from "../build.ts";
import { runArguments } from "../docker-run.ts";
import { runBenchProgram } from "../run.ts";
import type { Contender, SwapTimes } from "./contender.ts";
import { measureSwap, replaceExecutable, watchSwap } from "./measure.ts";
import { type Peer, program } from "./peer.ts";

/** What teams put before their program: looks at the file's time once a second, and starts the program anew where it changed. */
const wrapper = `trap 'kill $pid; exit' TERM INT
while true; do
  started=$(stat -c %Y ${program})
  ${program} "$@" &
  pid=$!
  while kill -0 $pid 2>/dev/null && [ "$(stat -c %Y ${program})" = "$started" ]; do sleep 1; done
  kill $pid 2>/dev/null
  wait $pid
done`;

/** A wrapper in the container that polls the mounted executable. */
export class PollingWrapper implements Contender {
  readonly name = "polling wrapper, each second";
  private readonly peer: Peer;

  constructor(peer: Peer) {
    this.peer = peer;
  }

  async start(built: Built): Promise<void> {
    await this.stop();
    await replaceExecutable(built, this.peer.binary);
    for (const copy of [this.peer.service, this.peer.worker]) {
      await runBenchProgram("docker", runArguments({ ...copy, entrypoint: ["sh", "-c", wrapper, "wrapper"] }));
    }
    await watchSwap(this.peer.target, built);
  }

  async swap(built: Built): Promise<SwapTimes> {
    return (await measureSwap({ ...this.peer, built })).times;
  }

  async stop(): Promise<void> {
    await runBenchProgram("docker", ["rm", "-f", this.peer.service.name, this.peer.worker.name]).catch(() => "");
  }
}
