import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Readable } from "node:stream";
import { errorMessage, UserError } from "../common/errors.ts";
import { run, runWell } from "../common/process.ts";
import { ProgramStream } from "../common/program-stream.ts";
import type { Engine } from "../docker/engine.ts";
import { isNotFound } from "../docker/error.ts";
import type { Arch } from "../docker/types.ts";
import { aptInstall } from "../toolchain/apt.ts";
import { nitroHome } from "../toolchain/home.ts";
import { debootstrapScript } from "./inputs.ts";
import type { Pins } from "./pins.ts";

/** How long a registry may take to say that it has the image. */
const registryTimeout = 5_000;

export interface DebianArgs {
  readonly engine: Engine;
  /** Name that the image gets. */
  readonly ref: string;
  readonly pins: Pins["debian"];
  readonly arch: Arch;
  readonly env: NodeJS.ProcessEnv;
  readonly report: (step: string, detail?: string) => void;
}

/** Gets Debian from a registry where one answers, else from Debian's package archive. The user's own `debian` images are not touched. */
export async function ensureDebian(args: DebianArgs): Promise<void> {
  if (await args.engine.imageExists(args.ref)) return;
  if (await pulled(args)) return;
  await bootstrap(args);
}

/** Pulls what the digest names, whatever the tag beside it has become; a user's own tag is not moved. */
async function pulled({ engine, ref, pins, report }: DebianArgs): Promise<boolean> {
  report(`look for ${pins.image}`);
  try {
    // Podman has no such call: its pull tells.
    await engine.images.findRemote(pins.image, AbortSignal.timeout(registryTimeout)).catch((error: unknown) => {
      if (!isNotFound(error)) throw error;
    });
    await engine.pull(pins.image, ({ id, text }) => report(`pull ${pins.image}`, `${id} ${text}`.trim()));
    await engine.tag(pins.image, ref);
    return true;
  } catch (error) {
    report("no registry answers", errorMessage(error));
    return false;
  }
}

async function bootstrap({ engine, ref, pins, arch, env, report }: DebianArgs): Promise<void> {
  const problem = bootstrapProblem(arch, { platform: process.platform, arch: process.arch, uid: process.getuid?.() });
  if (problem !== undefined)
    throw new UserError(
      `cannot get ${pins.image}: no registry answers, and ${problem}`,
      `let the container engine reach a registry, or load the image on it: docker load, then docker tag ${pins.image.split("@")[0]} ${ref}`,
    );
  const parent = join(nitroHome(env), "images");
  await rm(parent, { recursive: true, force: true });
  await mkdir(parent, { recursive: true });
  const folder = await mkdtemp(join(parent, "debian-"));
  try {
    await installDebootstrap(env, report);
    const root = join(folder, "root");
    // Whatever happens to this process, no debootstrap and none of its mounts outlive it.
    const contained = ["--pdeathsig", "KILL", "unshare", "--mount", "--pid", "--fork", "--kill-child", "sh", debootstrapScript];
    await runWell("setpriv", [...contained, pins.suite, root], { env, onLine: (line) => report(`bootstrap Debian ${pins.suite}`, line) });
    report("import");
    await engine.importImage(rootTar(root, env), ref, ({ text }) => report("import", text));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Why this host cannot make Debian itself; undefined where it can. Pure. */
export function bootstrapProblem(
  arch: Arch,
  host: { platform: NodeJS.Platform; arch: string; uid: number | undefined },
): string | undefined {
  const hostArch = host.arch === "x64" ? "amd64" : host.arch;
  if (host.platform !== "linux") return "Debian can be made from its packages on Linux only";
  if (hostArch !== arch) return `Debian for ${arch} cannot be made on this ${hostArch} host`;
  if (host.uid !== 0) return "making Debian from its packages needs root";
  return undefined;
}

async function installDebootstrap(env: NodeJS.ProcessEnv, report: DebianArgs["report"]): Promise<void> {
  if ((await run("debootstrap", ["--version"], { env })).code === 0) return;
  report("install debootstrap");
  await aptInstall(["debootstrap", "debian-archive-keyring"], env, (line) => report("install debootstrap", line));
}

/** An archive that ends in an error when tar fails: the engine then imports nothing. */
function rootTar(folder: string, env: NodeJS.ProcessEnv): Readable {
  const failure = (what: string) => new UserError(`tar of ${dirname(folder)} ${what}`);
  return new ProgramStream("tar", ["--numeric-owner", "-C", folder, "-c", "."], env, failure).end();
}
