import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { homedir } from "node:os";
import type { ContainerSummary, Engine } from "../docker/engine.ts";
import { EngineError } from "../docker/error.ts";
import type { Arch } from "../docker/types.ts";
import { labels } from "../model/names.ts";
import { containersOf } from "../model/parts.ts";
import type { Settings } from "../model/settings.ts";
import { swapMode } from "../model/swap-mode.ts";
import { ExecutableError } from "./check.ts";
import { ensureExecutableImage, plannedExecutableImage, pruneExecutableImages } from "./layer.ts";
import { loadExecutable, loadStaged } from "./loading.ts";
import { readServiceImage } from "./service-image.ts";
import {
  binFolder,
  bringStagedToDisk,
  executableFile,
  installExecutable,
  type LoadedExecutable,
  type StagedExecutable,
  stagedFile,
} from "./staging.ts";

/** For whom an executable is made ready. */
export interface DeliveryArgs {
  /** The project's folder. */
  readonly root: string;
  readonly stack: string;
  readonly owner: string;
  readonly settings: Pick<Settings, "service" | "build" | "swap" | "runtime">;
  readonly engine: Engine;
  readonly arch: Arch;
  /** Name of the image that the executable runs on. */
  readonly base: string;
  /** Runs in place of the one that the settings name; an image of the settings comes first all the same. */
  readonly loaded?: LoadedExecutable | undefined;
}

/** Brings the executable to where the containers find it. */
export interface Delivery {
  /** Says what a delivery would give; changes nothing. It does without a container engine. */
  plan(): Promise<StagedExecutable>;
  /** @param containers the stack's own: what they use stays */
  deliver(containers: readonly ContainerSummary[]): Promise<StagedExecutable>;
}

/**
 * Reads and checks the executable, and decides how it gets into the containers.
 * @param dryRun a preview may come before the sample was ever built
 * @throws ExecutableError with the reason and the command that mends it
 */
export async function prepareDelivery(args: DeliveryArgs, dryRun: boolean): Promise<Delivery> {
  const { settings, engine, root } = args;
  if (settings.service.image !== undefined) return fromImage(args, settings.service.image);
  const executable = await load(args, dryRun);
  const wanted = settings.runtime === "swarm" ? "image" : settings.swap.mode;
  const mode = swapMode(wanted, { host: engine.host, platform: process.platform, root, home: homedir() });
  return mode === "mount" ? byMount(args, executable) : byLayer(args, executable);
}

/** An executable that is configured has to be there. */
async function load({ root, settings, arch, stack, loaded }: DeliveryArgs, dryRun: boolean): Promise<LoadedExecutable> {
  if (loaded !== undefined) return loaded;
  const { binary } = settings.service;
  const file = executableFile(root, stack, settings, arch);
  const builds = settings.build.command !== undefined;
  const found = binary ?? (builds ? file : undefined);
  if (dryRun && binary === undefined && !existsSync(file)) return { sha256: "once-it-is-built", size: 0, builtAt: new Date(0), file };
  if (dryRun) return await loadExecutable(root, found, arch, stack);
  if (binary !== undefined || existsSync(file)) return await loadStaged(root, found, arch, stack);
  if (builds) throw new ExecutableError(`build.command was not run yet; run it with: ./nitro up -s ${stack}`);
  return await loadStaged(root, undefined, arch, stack);
}

function byMount({ root, stack }: DeliveryArgs, executable: LoadedExecutable): Delivery {
  return {
    plan: async () => ({ sha256: executable.sha256, folder: binFolder(root, stack) }),
    deliver: (containers) => installExecutable(root, stack, executable, runningExecutables(containers)),
  };
}

/** Staged here first: the image is made from there, and the way back to the executable before starts from there. */
function byLayer({ root, engine, base, stack, owner }: DeliveryArgs, executable: LoadedExecutable): Delivery {
  const { sha256 } = executable;
  const read = () => readFile(stagedFile(root, stack, sha256));
  const image = { stack, owner, base, ...executable, read };
  return {
    plan: async () => ({ sha256, image: { id: await plannedExecutableImage(engine, image) } }),
    async deliver(containers) {
      const { folder } = await installExecutable(root, stack, executable, runningExecutables(containers));
      await bringStagedToDisk(folder, sha256);
      const id = await ensureExecutableImage(engine, image);
      await pruneExecutableImages(engine, stack, owner, new Set([id, ...containers.map(({ imageId }) => imageId)]));
      return { sha256, image: { id } };
    },
  };
}

function fromImage({ engine, arch, stack, owner }: DeliveryArgs, ref: string): Delivery {
  const deliver = async (containers: readonly ContainerSummary[]) => {
    const { sha256, id, entrypoint } = await readServiceImage(engine, ref, arch, containers);
    return { sha256, image: { id, entrypoint } };
  };
  return {
    plan: () =>
      engine
        .containers(containersOf({ stack, owner }))
        .then(deliver)
        .catch((error: unknown) => {
          // A preview also runs where no engine is: what the image holds is not known there.
          if (error instanceof EngineError && error.status === undefined)
            return { sha256: "of-the-image", image: { id: ref, entrypoint: [ref] } };
          throw error;
        }),
    deliver,
  };
}

/** Hashes of what a stack's containers run. */
export function runningExecutables(containers: readonly Pick<ContainerSummary, "labels">[]): string[] {
  return containers.flatMap(({ labels: has }) => has[labels.executable] ?? []);
}
