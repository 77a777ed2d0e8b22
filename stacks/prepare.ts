import * as pulumi from "@pulumi/pulumi";
import { type ContainerSummary, Engine } from "../cli/docker.ts";
import { ensureImages, type ImageRefs, imageRefs } from "../images/build.ts";
import { ownerId } from "../toolchain/owner.ts";
import { parseSettings, type Settings } from "./config.ts";
import type { HealthCheck, StackContext } from "./context.ts";
import { runDeclared } from "./declared.ts";
import { type Delivery, prepareDelivery } from "./delivery.ts";
import type { Arch } from "./executable.ts";
import { waitUntilHealthy } from "./healthy.ts";
import { portBase, type Role, stackNameProblem, stackNames, stackPorts } from "./names.ts";
import { preflight } from "./preflight.ts";
import { readSecretsFile } from "./secrets-file.ts";
import type { StagedExecutable } from "./staging.ts";

/** Everything a stack is made from, read and checked. */
export interface PreparedStack {
  readonly context: StackContext;
  readonly settings: Settings;
  readonly images: ImageRefs;
  /** What service and worker run. */
  readonly executable: StagedExecutable;
  /** The developer's own secrets as JSON text; undefined for made-up ones. */
  readonly secrets: pulumi.Output<string> | undefined;
}

/**
 * Reads the configuration and makes the host ready: checks the executable and stages it, looks for foreign resources and ports in use,
 * builds images that are missing. A dry run checks as much as it can and changes nothing; it does without a container engine.
 * @param root the project's folder
 * @throws RunError with a message for the user, and nothing else
 */
export async function prepareStack(root: string): Promise<PreparedStack> {
  try {
    return await prepare(root, pulumi.getStack(), pulumi.runtime.isDryRun());
  } catch (error) {
    if (process.env.NITRO_DEBUG === "1" || !(error instanceof Error)) throw error;
    throw new pulumi.RunError(error.message);
  }
}

async function prepare(root: string, stack: string, dryRun: boolean): Promise<PreparedStack> {
  const problem = stackNameProblem(stack);
  if (problem !== undefined) throw new pulumi.RunError(problem);
  const settings = parseSettings(pulumi.runtime.allConfig(), stack);
  const secrets = settings.secrets.file === undefined ? undefined : pulumi.secret(readSecretsFile(root, settings.secrets.file));
  const names = stackNames(stack, settings.aws.region);
  const engine = Engine.connect();
  const arch = await engineArch(engine, dryRun);
  const images = imageRefs(arch, settings.images);
  const ports = stackPorts(settings.ports.base ?? portBase(stack));
  const owner = ownerId();
  const delivery = await prepareDelivery({ root, stack, owner, settings, engine, arch, base: images.base }, dryRun);
  const [containers] = dryRun ? [] : await Promise.all([preflight(engine, { names, ports, owner }), ensureImages(engine, images)]);
  const executable = await delivered(delivery, containers);
  const answers = async (role: Role, check: HealthCheck) => {
    const container = names.containers[role];
    const answer = () => waitUntilHealthy(engine, container, { role, check, stack });
    if (role !== "service" && role !== "worker") return await answer();
    const { sha256, folder: bin } = executable;
    if (bin === undefined) return await answer();
    const replacing = runDeclared(engine, { stack, role, container, bin, sha256, check });
    // One that was to be replaced may have crashed meanwhile.
    const [replaced] = await Promise.all([
      replacing,
      answer().catch(async (error) => ((await replacing) ? answer() : Promise.reject(error))),
    ]);
    if (replaced) await answer();
  };
  const healthy = (role: Role, id: pulumi.Output<string>, check: HealthCheck) =>
    dryRun ? Promise.resolve() : started(id).then(() => answers(role, check));
  return {
    context: { names, ports, owner, healthy },
    settings,
    images,
    executable,
    secrets,
  };
}

/** @param containers the stack's own; undefined in a dry run */
function delivered(delivery: Delivery, containers: readonly ContainerSummary[] | undefined): Promise<StagedExecutable> {
  return containers === undefined ? delivery.plan() : delivery.deliver(containers);
}

/** A container's id is known once it has been started. */
function started(id: pulumi.Output<string>): Promise<void> {
  return new Promise((resolve) => id.apply(() => resolve()));
}

/** A preview also runs where no engine is, such as in a pull request: then this host's architecture is as good as any. */
async function engineArch(engine: Engine, dryRun: boolean): Promise<Arch> {
  try {
    return (await engine.ping()).arch;
  } catch (error) {
    if (!dryRun) throw error;
    return process.arch === "arm64" ? "arm64" : "amd64";
  }
}
