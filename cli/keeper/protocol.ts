import { join } from "node:path";

/** What is asked of a keeper, as one JSON object on a line. */
export type KeeperRequest =
  | {
      readonly ask: "swap";
      /** The executable of the command line, an absolute path; undefined for that of the settings. */
      readonly binary?: string | undefined;
      /** The command's environment. */
      readonly env: NodeJS.ProcessEnv;
      /** Columns of its terminal; undefined where it has none. */
      readonly columns?: number | undefined;
    }
  | { readonly ask: "about" }
  | { readonly ask: "end" };

/** What a keeper says of itself. */
export interface KeeperState {
  readonly pid: number;
  /** True where the next swap has everything behind it but the executable. */
  readonly armed: boolean;
  /** Bytes in use, without those of pulumi and its plugins. */
  readonly memory: number;
  /** When it ends where nobody swaps, ISO 8601. */
  readonly until: string;
}

/** What a keeper says, a JSON object a line: at once that it has heard, then texts, then its answer. */
export type KeeperMessage = { readonly heard: true } | { readonly stream: "stdout" | "stderr"; readonly text: string } | KeeperAnswer;

export type KeeperAnswer =
  /** It has done nothing, and cannot: the command does without it. */
  | { readonly refused: string }
  | { readonly about: KeeperState }
  | { readonly done: true }
  | { readonly failed: string; readonly hint?: string | undefined };

/** The longest path of a socket that every system takes (sun_path of unix(4) on macOS, without its end). */
const longestPath = 103;

/** The folder of what a keeper leaves on disk. */
export function keeperFolder(root: string, stack: string): string {
  return join(root, ".nitro", stack);
}

/** What a stack's keeper holds while it runs. */
export function keeperLock(root: string, stack: string): string {
  return join(keeperFolder(root, stack), "keeper.lock");
}

/** Where a stack's keeper listens; undefined where this folder's path is too long for a socket. */
export function keeperSocket(root: string, stack: string): string | undefined {
  const path = join(keeperFolder(root, stack), "keeper.sock");
  return Buffer.byteLength(path) > longestPath ? undefined : path;
}

/** Variables by which pulumi, its plugins, the program and the engine are found, or do something else. */
const telling = /^(NITRO_(?!STACK$)|PULUMI_|DOCKER_|AWS_|XDG_)|^(HOME|CI|GOGC|TMPDIR|SSH_AUTH_SOCK)$|_proxy$/i;

/** What differs between two environments of that which counts for an update; undefined where nothing does. */
export function differentVariable(one: NodeJS.ProcessEnv, other: NodeJS.ProcessEnv): string | undefined {
  const names = new Set([...Object.keys(one), ...Object.keys(other)]);
  return [...names].find((name) => telling.test(name) && one[name] !== other[name]);
}
