import { join } from "node:path";
import { UserError } from "../common/errors.ts";
import { type LockHolder, withLock } from "../common/lock.ts";
import type { Engine } from "../docker/engine.ts";
import type { Arch } from "../docker/types.ts";
import { goRequirement } from "../toolchain/go.ts";
import { nitroHome } from "../toolchain/home.ts";
import { type ContextFile, contextTar, folderFiles } from "./context.ts";
import { ensureDebian } from "./debian.ts";
import { buildNetwork, hostCertificates } from "./host.ts";
import { type ImageRole, ownImages, recipeFiles, repository } from "./inputs.ts";
import { missingImages, type WantedImages } from "./missing.ts";
import { bundles, nodeExecutable } from "./node-image.ts";
import { type Pins, readPins } from "./pins.ts";
import { removeFormerImages } from "./spare.ts";

/** What goes on while images are made. */
export interface BuildProgress {
  readonly image: ImageRole | "debian";
  /** What is being done: "bootstrap Debian trixie", "step 3 of 9", … */
  readonly step: string;
  /** The last line of its output; may be empty. */
  readonly detail: string;
  /** Since work on this image began. */
  readonly elapsedMs: number;
}

export interface EnsureOptions {
  readonly onProgress?: (progress: BuildProgress) => void;
  /**
   * Called at once, and every ten seconds from then on, while another process builds images.
   * @param who "process 123 on host, which builds images"
   * @param waited in ms
   */
  readonly onWait?: (who: string, waited: number) => void;
  readonly env?: NodeJS.ProcessEnv;
}

/** What each image is made on. */
const below = { base: "debian", redis: "base", localstack: "base", node: "base", ledger: "node", go: "base", registry: "base" } as const;

interface Workshop {
  readonly engine: Engine;
  readonly pins: Pins;
  readonly arch: Arch;
  readonly own: ReturnType<typeof ownImages>;
  readonly env: NodeJS.ProcessEnv;
  readonly onProgress: (progress: BuildProgress) => void;
  /** Aborted when one image fails: the others end too. */
  readonly failed: AbortController;
}

/** Builds what is missing of our images. See ensureImages, which loads this file only when there is something to build. */
export async function buildMissing(engine: Engine, refs: WantedImages, options: EnsureOptions): Promise<ImageRole[]> {
  const { env = process.env, onProgress = () => undefined } = options;
  const { arch } = await engine.ping();
  const pins = readPins();
  const own = ownImages(arch, pins);
  const workshop: Workshop = { engine, pins, arch, own, env, onProgress, failed: new AbortController() };
  const path = join(nitroHome(env), "images.lock");
  const onWait = ({ pid, host }: LockHolder, waited: number) => options.onWait?.(`process ${pid} on ${host}, which builds images`, waited);
  return await withLock(path, () => buildAll(workshop, refs), { onWait });
}

async function buildAll(workshop: Workshop, refs: WantedImages): Promise<ImageRole[]> {
  const { engine, own } = workshop;
  const missing = await missingImages(engine, refs);
  for (const role of missing) {
    if (refs[role] !== own[role])
      throw new UserError(
        `${refs[role]}, the ${role} image, is not on the container engine, and this version of nitro builds another one (${own[role]})`,
        `remove the setting nitro:images.${role}`,
      );
  }
  if (missing.length > 0 && !(await engine.imageExists(own.base))) {
    const report = reporter(workshop, "debian");
    await ensureDebian({ engine, ref: own.debian, pins: workshop.pins.debian, arch: workshop.arch, env: workshop.env, report });
    await buildImage(workshop, "base", own.base);
  }
  const others = missing.filter((role) => role !== "base" && role !== "ledger");
  const results = await Promise.allSettled(others.map((role) => buildOrFailAll(workshop, role)));
  if (workshop.failed.signal.aborted) throw workshop.failed.signal.reason;
  for (const result of results) if (result.status === "rejected") throw result.reason;
  if (missing.includes("ledger")) await buildImage(workshop, "ledger", own.ledger);
  if (missing.length > 0) await removeFormerImages(engine, missing);
  return missing;
}

async function buildOrFailAll(workshop: Workshop, role: ImageRole): Promise<void> {
  try {
    await buildImage(workshop, role, workshop.own[role]);
  } catch (error) {
    workshop.failed.abort(error);
  }
}

/** Builds one image under a name, on the image that its Dockerfile's BASE stands for. */
export async function buildImage(
  workshop: Omit<Workshop, "failed"> & Partial<Pick<Workshop, "failed">>,
  role: ImageRole,
  tag: string,
): Promise<void> {
  const { engine, env, own, pins } = workshop;
  const report = reporter(workshop, role);
  report("collect files");
  const files = [
    ...(await folderFiles(join(repository, "images", role), recipeFiles[role])),
    ...(await extraFiles(workshop, role, report)),
  ];
  const { proxies, ...network } = buildNetwork(env);
  const buildArgs = { ...proxies, BASE: own[below[role]], ...roleArguments(role, pins, env) };
  let step = "build";
  await engine.build(
    contextTar(files),
    { tag, buildArgs, labels: { "nitro.image": role }, ...network, signal: workshop.failed?.signal },
    ({ text }) => {
      const line = text.split("\n").at(-1)?.trim() ?? "";
      const started = stepName(line);
      step = started ?? step;
      if (started !== undefined) report(step);
      else if (!isNoise(line)) report(step, line);
    },
  );
}

/** "Step 3/9 : RUN apt-get update  && …", or podman's "STEP 3/9: RUN …" → "3/9 RUN apt-get update"; undefined for any other line. Pure. */
export function stepName(line: string): string | undefined {
  const found = /^Step (\d+\/\d+) ?: (.*)$/i.exec(line);
  if (found === null) return undefined;
  return `${found[1]} ${found[2]?.split(/ +&& /)[0]?.slice(0, 60)}`;
}

/** Lines in which the engine talks of its own layers and containers. */
export function isNoise(line: string): boolean {
  return line === "" || line.startsWith("---> ") || line.startsWith("Removing intermediate container");
}

function roleArguments(role: ImageRole, pins: Pins, env: NodeJS.ProcessEnv): Record<string, string> {
  if (role === "redis") return { REDIS_MAJOR: pins.redis.major };
  if (role === "go") return { PIP_INDEX_URL: env.PIP_INDEX_URL ?? "" };
  if (role === "localstack") return { PYTHON: pins.localstack.python, PIP_INDEX_URL: env.PIP_INDEX_URL ?? "" };
  return {};
}

async function extraFiles(
  { arch, pins, env, own }: Pick<Workshop, "arch" | "pins" | "env" | "own">,
  role: ImageRole,
  report: (step: string, detail?: string) => void,
): Promise<ContextFile[]> {
  if (role === "localstack" || role === "go") {
    const certificates = { name: "ca.crt", content: Buffer.from(await hostCertificates(env)) };
    return role === "go" ? [certificates, { name: "requirements.txt", content: Buffer.from(goRequirement()) }] : [certificates];
  }
  if (role !== "node") return [];
  report(`fetch node ${pins.node.version}`);
  const path = await nodeExecutable(arch, pins.node, env, (line) => report(`fetch node ${pins.node.version}`, line));
  report("bundle the ledger and the key-feeder");
  const programs = await bundles();
  if (ownImages(arch, pins).node !== own.node)
    throw new UserError("the sources of the ledger or the key-feeder changed while their image was being made", "run the command again");
  return [{ name: "node", content: { path }, mode: 0o755 }, ...programs];
}

function reporter({ onProgress }: Pick<Workshop, "onProgress">, image: BuildProgress["image"]) {
  const began = performance.now();
  return (step: string, detail = "") => onProgress({ image, step, detail, elapsedMs: Math.round(performance.now() - began) });
}
