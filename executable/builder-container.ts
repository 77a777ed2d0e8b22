import { createHash } from "node:crypto";
import { readdir, stat } from "node:fs/promises";
import { join, relative } from "node:path";
import { UserError } from "../common/errors.ts";
import { type Engine, EngineError } from "../docker/engine.ts";
import type { Arch } from "../docker/types.ts";
import { type ContextFile, contextTar } from "../images/context.ts";
import { buildNetwork, hostCertificates } from "../images/host.ts";
import { isOurs } from "../images/inputs.ts";
import { labels } from "../model/names.ts";
import { ownerId } from "../toolchain/owner.ts";

/** Where the command finds the sources, and puts the executable. */
export const sourceFolder = "/src";
export const outFolder = "/out";

const certificates = "/nitro-ca.crt";
const idleMinutes = 30;

export interface BuilderArgs {
  readonly engine: Engine;
  /** Name of the image with the compiler. */
  readonly image: string;
  /** The sources, absolute. */
  readonly folder: string;
  /** Whether the engine sees the folder: then it is mounted, else its content is sent before each build. */
  readonly sees: boolean;
  readonly env: NodeJS.ProcessEnv;
}

/**
 * Finds or makes the container that builds run in. It waits between builds, so that a second one costs no start, and ends by itself
 * when nobody has used it for half an hour. Modules and compiled packages are kept in two volumes, which all builds of an owner share.
 * @returns its name
 */
export async function ensureBuilder(args: BuilderArgs): Promise<string> {
  const { engine, image, folder, sees, env } = args;
  const owner = ownerId(env);
  const trusted = await hostCertificates(env);
  const { network } = buildNetwork(env);
  const imageId = (await builderImage(engine, image)).id;
  const inputs = [owner, imageId, folder, String(sees), network ?? "", trusted];
  const name = `nitro-build-${createHash("sha256").update(inputs.join("\0")).digest("hex").slice(0, 16)}`;
  if ((await engine.inspect(name))?.running === true) return name;
  await engine.removeContainer(name, { force: true });
  const about = { "nitro.build": "1", [labels.owner]: owner };
  const volumes = { [`nitro-go-modules-${owner}`]: "/cache/modules", [`nitro-go-build-${owner}`]: "/cache/build" };
  await Promise.all(Object.keys(volumes).map((volume) => engine.createVolume(volume, about)));
  const idle = `mkdir -p ${sourceFolder} ${outFolder}; touch /tmp/used; while [ -n "$(find /tmp/used -mmin -${idleMinutes})" ]; do sleep 15; done`;
  const binds = Object.entries(volumes).map(([volume, path]) => `${volume}:${path}`);
  try {
    await engine.create(name, {
      image: imageId,
      entrypoint: ["sh", "-c"],
      command: [idle],
      // Root reads the sources whatever their modes are; the executable is fetched, so no file of root's is left on this host.
      user: "0:0",
      workdir: "/",
      labels: about,
      noNewPrivileges: true,
      init: true,
      autoRemove: true,
      binds: sees ? [...binds, `${folder}:${sourceFolder}:ro`] : binds,
      network,
      // A compiler for each processor, with threads of its own.
      processes: 16_384,
    });
  } catch (error) {
    // Another process was faster with the very same container.
    if (!(error instanceof EngineError) || error.status !== 409) throw error;
  }
  await engine.unpack(name, "/", contextTar([{ name: certificates.slice(1), content: Buffer.from(trusted) }]));
  await engine.start(name);
  return name;
}

async function builderImage(engine: Engine, image: string): Promise<{ readonly id: string }> {
  const there = await engine.images.inspect(image);
  if (there !== undefined) return there;
  if (!isOurs(image)) await engine.pull(image);
  const pulled = await engine.images.inspect(image);
  if (pulled === undefined)
    throw new UserError(`image ${image} (setting build.image) is not on the container engine`, `docker pull ${image}`);
  return pulled;
}

/** What of Go's own settings goes through, besides proxies. */
const goVariables = [
  ...["GOPROXY", "GOPRIVATE", "GONOPROXY", "GONOSUMDB", "GOSUMDB", "GOINSECURE", "GOFLAGS"],
  ...["GOEXPERIMENT", "GOAMD64", "GOARM64", "GOTOOLCHAIN", "CGO_ENABLED"],
] as const;

/** The environment of a build. Pure. @param env of this host */
export function containerBuildEnvironment(env: NodeJS.ProcessEnv, arch: Arch): Record<string, string> {
  const passed = goVariables.flatMap((name): [string, string][] => (env[name] ? [[name, env[name]]] : []));
  return {
    CGO_ENABLED: "0",
    ...buildNetwork(env).proxies,
    ...Object.fromEntries(passed),
    // The sources belong to another user than the build's, which makes git, and with it Go, refuse to look at their history.
    GOFLAGS: `${env.GOFLAGS ?? ""} -buildvcs=false`.trim(),
    GOOS: "linux",
    GOARCH: arch,
    GOMODCACHE: "/cache/modules",
    GOCACHE: "/cache/build",
    SSL_CERT_FILE: certificates,
    HOME: "/tmp",
  };
}

/** Folders that no Go build needs and that may be large. */
const leftOut = new Set([".git", "node_modules", ".nitro"]);

/** Puts the sources into a container of an engine that does not see them, in place of those of the build before. */
export async function sendSources(engine: Engine, container: string, folder: string): Promise<void> {
  const files = await sourceFiles(folder, folder);
  await engine.exec(container, ["sh", "-c", `find ${sourceFolder} -mindepth 1 -delete`]);
  await engine.unpack(container, sourceFolder, contextTar(files));
}

async function sourceFiles(root: string, folder: string): Promise<ContextFile[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  const found = await Promise.all(
    entries.map(async (entry): Promise<ContextFile[]> => {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) return leftOut.has(entry.name) ? [] : sourceFiles(root, path);
      const isFile = entry.isFile() || (entry.isSymbolicLink() && (await leadsToFile(path)));
      return isFile ? [{ name: relative(root, path), content: { path } }] : [];
    }),
  );
  return found.flat();
}

/** A link to a file is sent as that file. */
async function leadsToFile(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.isFile() === true;
}
