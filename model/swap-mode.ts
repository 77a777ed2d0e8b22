import { sep } from "node:path";

/** How the executable gets into the containers: a folder of this host mounted, or a layer of their image. */
export type SwapMode = "mount" | "image";

export interface EnginePlace {
  /** As DOCKER_HOST names the engine. */
  readonly host: string;
  /** The system of this host. */
  readonly platform: NodeJS.Platform;
  /** The project's folder. */
  readonly root: string;
  /** The user's home folder. */
  readonly home: string;
}

/**
 * Decides by where the engine is. One that is reached over the network sees no file of this host. Behind a local socket it sees all of them, but
 * where it runs in a virtual machine (macOS; Docker Desktop, colima and their like on Linux, whose sockets lie in the home folder): these share
 * the home folder.
 * @param wanted the setting swap.mode
 */
export function swapMode(wanted: SwapMode | "auto", { host, platform, root, home }: EnginePlace): SwapMode {
  if (wanted !== "auto") return wanted;
  const socket = /^unix:\/\/(.*)$/.exec(host)?.[1];
  if (socket === undefined) return "image";
  const inMachine = platform !== "linux" || isBelow(home, socket);
  return !inMachine || isBelow(home, root) ? "mount" : "image";
}

function isBelow(folder: string, path: string): boolean {
  return path.startsWith(folder.endsWith(sep) ? folder : folder + sep);
}
