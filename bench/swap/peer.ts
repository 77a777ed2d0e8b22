import { chmod, mkdir } from "node:fs/promises";
import { join } from "node:path";
import { variables } from "../../key-feeder/contract.ts";
import { stackNames } from "../../model/names.ts";
import { type ContainerCopy, copyContainer } from "../container-copy.ts";
import type { SwapTarget } from "./measure.ts";

/** The path of the executable in a peer's containers. */
export const program = "/app/payments";

/**
 * A stack's service and worker once more, for another tool to run: beside the stack's own, with the stack's neighbours, under other names and
 * at another port. They run the executable as it is, unverified, from a folder of the peer's own.
 */
export interface Peer {
  readonly service: ContainerCopy;
  readonly worker: ContainerCopy;
  /** Folder of the host that is to be mounted at, or copied to, /app. */
  readonly folder: string;
  /** The executable in it. */
  readonly binary: string;
  /** What its swaps are measured by. */
  readonly target: SwapTarget;
}

/** What a stack's peers are copied from. */
export interface Original {
  readonly stack: string;
  readonly target: SwapTarget;
  /** Where their folders go. */
  readonly folder: string;
}

/**
 * @param word for the names of its containers
 * @param port of the host where its service answers
 */
export async function copyPeer({ stack, target, folder: parent }: Original, word: string, port: number): Promise<Peer> {
  const folder = join(parent, word);
  await mkdir(folder, { recursive: true });
  // The containers' user has to see what is in it, whatever the umask.
  await chmod(folder, 0o755);
  const { service, worker } = stackNames(stack).containers;
  const name = (role: string) => `nitro-${stack}-bench-${word}-${role}`;
  const url = `${variables.apiBase}=http://${name("service")}`;
  const copy = async (container: string, role: string) => {
    const found = await copyContainer(container, name(role));
    return {
      ...found,
      ports: found.ports.map((published) => published.replace(/:\d+:/, `:${port}:`)),
      environment: found.environment.map((variable) => (variable.startsWith(`${variables.apiBase}=`) ? url : variable)),
      binds: [`${folder}:/app:ro`, ...found.binds.filter((bind) => !bind.includes(":/nitro/bin"))],
      // The first word is for our images' entry point: the hash to verify.
      entrypoint: [program],
      command: found.command.slice(1),
    };
  };
  const copies = { service: await copy(service, "service"), worker: await copy(worker, "worker") };
  const runner = (role: "service" | "worker") => ({ ...target[role], container: copies[role].name });
  return {
    ...copies,
    folder,
    binary: join(folder, "payments"),
    target: { ...target, url: `http://127.0.0.1:${port}`, service: runner("service"), worker: runner("worker") },
  };
}
