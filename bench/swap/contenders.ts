import { ensureCompose } from "../compose.ts";
import { ColdSwap } from "./cold.ts";
import { ComposeProject } from "./compose-project.ts";
import type { Contender } from "./contender.ts";
import { KeptSwap } from "./kept.ts";
import { copyPeer, type Original } from "./peer.ts";
import { DockerRun } from "./peer-docker.ts";
import { PollingWrapper } from "./peer-poll.ts";
import { ComposeRecreate } from "./peer-recreate.ts";
import { ComposeWatch } from "./peer-watch.ts";
import { WatchedSwap } from "./watched.ts";

/** What `--only` takes, in the order of the table. */
export const contenderNames = ["cold", "kept", "warm", "live", "docker", "compose", "compose-watch", "poll"] as const;
export type ContenderName = (typeof contenderNames)[number];

/** First port of the peers' services. */
const firstPort = 19_000;

/**
 * @param original the stack that is up; its own swaps read `binary`, which its settings name
 * @throws Error where a peer cannot be had
 */
export async function makeContender(name: ContenderName, original: Original, binary: string): Promise<Contender> {
  const { stack, target, folder } = original;
  const peer = () => copyPeer(original, name, firstPort + contenderNames.indexOf(name));
  const project = async () => {
    const copied = await peer();
    return [copied, new ComposeProject(await ensureCompose(), copied, folder)] as const;
  };
  const makers: Record<ContenderName, () => Promise<Contender>> = {
    cold: async () => new ColdSwap(stack, binary, target),
    kept: async () => new KeptSwap(stack, binary, target),
    warm: async () => new WatchedSwap(stack, binary, target, false),
    live: async () => new WatchedSwap(stack, binary, target, true),
    docker: async () => new DockerRun(await peer()),
    compose: async () => new ComposeRecreate(...(await project())),
    "compose-watch": async () => new ComposeWatch(...(await project())),
    poll: async () => new PollingWrapper(await peer()),
  };
  return makers[name]();
}

/** @throws Error naming what is allowed */
export function contendersNamed(words: string | undefined): ContenderName[] {
  if (words === undefined) return [...contenderNames];
  return words.split(",").map((word) => {
    const name = contenderNames.find((each) => each === word);
    if (name === undefined) throw new Error(`--only has "${word}": allowed are ${contenderNames.join(", ")}`);
    return name;
  });
}
