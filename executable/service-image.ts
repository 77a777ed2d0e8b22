import { createHash } from "node:crypto";
import { posix } from "node:path";
import { type Entry, readEntry } from "../docker/archive.ts";
import type { ContainerSummary, Engine, ImageDetails } from "../docker/engine.ts";
import type { Arch } from "../docker/types.ts";
import { labels } from "../model/names.ts";
import { checkExecutable, ExecutableError } from "./check.ts";

/** An image that brings the executable itself: a team's reproducible build. */
export interface ServiceImage {
  readonly id: string;
  /** Words before the stack's own arguments; the last is the executable. */
  readonly entrypoint: readonly string[];
  /** Of the executable, in hex. */
  readonly sha256: string;
}

/** Links that are followed before a path counts as a circle. */
const mostLinks = 8;

/** Search path of an image that sets none (the engine's default). */
const defaultPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/**
 * Looks at the image of the setting service.image, on the engine alone: nothing is pulled.
 * @param known the stack's containers: what one of them says of the same image need not be read again
 * @throws ExecutableError where it is not there, for another architecture, or not to be run
 */
export async function readServiceImage(
  engine: Engine,
  ref: string,
  arch: Arch,
  known: readonly Pick<ContainerSummary, "imageId" | "labels">[],
): Promise<ServiceImage> {
  const image = await engine.images.inspect(ref);
  if (image === undefined)
    throw problem(
      ref,
      `the container engine at ${engine.host} has no such image; bring it there with: docker pull ${ref}, docker load or docker build -t ${ref}`,
    );
  if (image.arch !== arch)
    throw problem(
      ref,
      `it is for ${image.arch}, the container engine runs ${arch}; build it with: docker build --platform linux/${arch} (or GOOS=linux GOARCH=${arch})`,
    );
  const words = entryPoint(ref, image);
  const before = known.find(({ imageId, labels: has }) => imageId === image.id && has[labels.program] !== undefined);
  const { path, sha256 } = before === undefined ? await look(engine, ref, image, words.at(-1) ?? "", arch) : ofContainer(before.labels);
  return { id: image.id, entrypoint: [...words.slice(0, -1), path], sha256 };
}

/**
 * The words that start the image's executable: its ENTRYPOINT, or where it has none the first word of its CMD.
 * @throws ExecutableError for a shell's command line, which takes no arguments
 */
export function entryPoint(ref: string, { entrypoint, command }: Pick<ImageDetails, "entrypoint" | "command">): readonly string[] {
  const words = entrypoint.length > 0 ? entrypoint : command.slice(0, 1);
  const form = 'its ENTRYPOINT has to be the executable, as a JSON list: ENTRYPOINT ["/usr/local/bin/payments"]';
  if (words.length === 0) throw problem(ref, `it has neither ENTRYPOINT nor CMD; ${form}`);
  if (words.length === 3 && /(^|\/)(sh|bash)$/.test(words[0] ?? "") && words[1] === "-c")
    throw problem(ref, `its entry point is a shell's command line (${JSON.stringify(words[2])}), which passes no arguments on; ${form}`);
  return words;
}

function problem(ref: string, what: string): ExecutableError {
  return new ExecutableError(`image ${ref} (setting service.image): ${what}`);
}

interface Program {
  readonly path: string;
  readonly sha256: string;
}

function ofContainer(has: Readonly<Record<string, string>>): Program {
  return { path: has[labels.program] ?? "", sha256: has[labels.executable] ?? "" };
}

/** Reads the executable out of a container that is never started. @param program as the entry point has it */
async function look(engine: Engine, ref: string, image: ImageDetails, program: string, arch: Arch): Promise<Program> {
  const name = `nitro-look-${process.pid}-${Math.random().toString(36).slice(2)}`;
  await engine.create(name, { image: image.id, command: ["none"], labels: { "nitro.look": ref } });
  try {
    if ((await readEntry(engine, name, "/bin/sh")) === undefined)
      throw problem(ref, "it has no /bin/sh, which the health checks need: build it on Debian, Alpine or any other image with a shell");
    const found = await findProgram(engine, name, program, image.env);
    if (found === undefined) throw problem(ref, `its entry point ${program} is not in it`);
    if (found.header.uid !== 1000 && ((found.header.mode ?? 0) & 1) === 0)
      throw problem(
        ref,
        `${program} may not be executed by uid 1000, as which the stack runs it; add to its Dockerfile: RUN chmod 755 ${program}`,
      );
    checkExecutable(found.content, `${program} in image ${ref}`, arch);
    return { path: found.path, sha256: createHash("sha256").update(found.content).digest("hex") };
  } finally {
    await engine.removeContainer(name, { force: true });
  }
}

async function findProgram(engine: Engine, container: string, program: string, env: readonly string[]): Promise<Entry | undefined> {
  if (program.includes("/")) return readFile(engine, container, program);
  const path = env.find((line) => line.startsWith("PATH="))?.slice("PATH=".length) ?? defaultPath;
  for (const folder of path.split(":")) {
    const found = await readFile(engine, container, posix.join(folder, program));
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Reads a regular file, through symbolic links. */
async function readFile(engine: Engine, container: string, path: string): Promise<Entry | undefined> {
  let at = path;
  for (let link = 0; link < mostLinks; link++) {
    const entry = await readEntry(engine, container, at);
    if (entry?.header.type !== "symlink") return entry?.header.type === "file" ? { ...entry, path } : undefined;
    at = posix.resolve(posix.dirname(at), entry.header.linkname ?? "");
  }
  return undefined;
}
