import * as pulumi from "@pulumi/pulumi";
import type { AwsStack } from "../components/aws-ledger.ts";
import type { StackContext, SwarmContext } from "../components/context.ts";
import type { ProgramArgs } from "../components/executable.ts";
import { type ContainerSummary, Engine } from "../docker/engine.ts";
import { isRemote } from "../docker/remote.ts";
import type { Arch } from "../docker/types.ts";
import { checkHeaders } from "../executable/check.ts";
import { type Delivery, prepareDelivery } from "../executable/delivery.ts";
import type { LiveRole } from "../executable/live-override.ts";
import type { LoadedExecutable, StagedExecutable } from "../executable/staging.ts";
import { ensureImages, type ImageRefs, imageRefs } from "../images/build.ts";
import type { OperatorsFile } from "../key-feeder/contract.ts";
import { layout, type MadeBy } from "../model/layout.ts";
import { portBase, type StackNames, stackNameProblem, stackNames, stackPorts } from "../model/names.ts";
import type { Settings } from "../model/settings.ts";
import { engineVariables } from "../model/stack-engine.ts";
import type { Declared } from "../policies/policy.ts";
import { ownerId } from "../toolchain/owner.ts";
import { projectVersion } from "../toolchain/version.ts";
import { keepToClone } from "./clones.ts";
import { besideExecutable, type Configuration, readConfiguration } from "./configuration.ts";
import { type ExtrasModule, loadExtras } from "./extras.ts";
import { preflightExtras } from "./extras-preflight.ts";
import { checkExtrasTypes } from "./extras-types.ts";
import { deliverLater, type Handover, makeWay } from "./late-delivery.ts";
import { noOperators, readOperators } from "./operators.ts";
import { partHealth } from "./part-health.ts";
import { preflight } from "./preflight.ts";
import { isSecretKey, mountable, programArgs } from "./program-args.ts";
import { asRunError } from "./run-error.ts";
import { secretFiles, secretsMark } from "./secret-files.ts";
import { subnetFor } from "./subnet.ts";
import { swarmContext } from "./swarm.ts";
import { swarmHealth } from "./swarm-health.ts";

/** What `nitro` decides when it runs the program in its own process; plain pulumi decides nothing. */
export interface PrepareOptions {
  /** Runs in place of the configured one, once it is known: everything else is declared meanwhile. */
  readonly executable?: Promise<LoadedExecutable>;
  /** What was read and checked already; else the program reads what Pulumi hands it. */
  readonly configuration?: Configuration;
  /** The container engine, where it is connected already. */
  readonly machine?: Machine;
  /** Gives these two, from somebody who finds them out while the program is loaded. */
  readonly knownMeanwhile?: Promise<KnownInputs>;
  /** True where service and worker alone are updated: the other parts are taken to be what their labels say. */
  readonly targeted?: boolean;
  /** The containers of these roles that run another executable are stopped as soon as everything else is there. */
  readonly stopEarly?: readonly LiveRole[];
  /** Aborted: a newer build waits, nobody needs to know any more whether this one answers. */
  readonly superseded?: AbortSignal;
}

/** What whoever runs the program knows already. */
export type KnownInputs = Pick<PrepareOptions, "configuration" | "machine">;

/** A container engine that answers. */
export interface Machine {
  readonly engine: Engine;
  readonly arch: Arch;
}

/** Everything a stack is made from, read and checked. */
export interface PreparedStack {
  readonly context: StackContext;
  readonly settings: Settings;
  readonly images: ImageRefs;
  /** What an output says of this program. */
  readonly madeBy: MadeBy;
  /** What service and worker run. */
  readonly executable: pulumi.Input<StagedExecutable>;
  /** How the settings have them run it. */
  readonly programs: Readonly<Record<LiveRole, ProgramArgs>>;
  /** What declares parts of a team's own; undefined where the settings name no module. */
  readonly extras?: ExtrasModule | undefined;
  /**
   * Looks at everything that is declared, where some of it is a team's own.
   * @throws RunError for what commands would not find, what is not ours and ports in use
   */
  readonly checkDeclared?: (resources: readonly Declared[]) => Promise<void>;
  /** To be told when everything answers that service and worker need. */
  readonly neighbours?: (ready: Promise<unknown>) => void;
  /** The worker is planned when this resolves, and after the service. */
  readonly workerMayStart?: Promise<unknown>;
  /** The developer's own secrets as JSON text; undefined for made-up ones. */
  readonly secrets: pulumi.Output<string> | undefined;
  /** The operators' own keys as JSON text; undefined for those that the key-feeder makes. */
  readonly operatorKeys: pulumi.Output<string> | undefined;
  /** Only in ledger mode aws. */
  readonly aws?: AwsStack | undefined;
}

/**
 * Reads the configuration and makes the host ready: checks the executable and stages it, looks for foreign resources and ports in use,
 * builds images that are missing. A dry run checks as much as it can and changes nothing; it does without a container engine.
 * @param root the project's folder
 * @throws RunError with a message for the user, and nothing else
 */
export async function prepareStack(root: string, options: PrepareOptions = {}): Promise<PreparedStack> {
  return prepare(root, pulumi.getStack(), pulumi.runtime.isDryRun(), options).catch(asRunError);
}

async function prepare(root: string, stack: string, dryRun: boolean, options: PrepareOptions): Promise<PreparedStack> {
  const problem = stackNameProblem(stack);
  if (problem !== undefined) throw new pulumi.RunError(problem);
  const found = (await options.knownMeanwhile) ?? options;
  const { engine, arch } = found.machine ?? (await connect(root, dryRun));
  const configuration = found.configuration ?? (await readOwn(root, stack, arch, options));
  const { settings } = configuration;
  const { executable: loaded } = configuration;
  if (loaded !== undefined) checkHeaders(loaded.headers, loaded.shown, arch);
  if (isRemote(engine)) mountable(stack, configuration.mounts, engine.host);
  const secrets = configuration.secrets === undefined ? undefined : pulumi.secret(configuration.secrets);
  const names = stackNames(stack, settings.aws.region);
  const images = imageRefs(arch, settings.images);
  const ports = stackPorts(settings.ports.base ?? portBase(stack));
  const owner = ownerId();
  // A swap leaves these parts as they are, and has no time for their types.
  if (settings.extras !== undefined && options.targeted !== true) await checkExtrasTypes(root, settings.extras);
  const extras = settings.extras === undefined ? undefined : await loadExtras(root, settings.extras);
  const args = { root, stack, owner, settings, engine, arch, base: images.base, loaded };
  const swarm = settings.runtime === "swarm" ? await swarmContext({ engine, stack, arch, base: ports.service, dryRun }) : undefined;
  const delivery = options.executable === undefined ? await prepareDelivery(args, dryRun) : undefined;
  const logIn = settings.ledger.mode === "aws" ? (await import("./aws/stack.ts")).prepareAws : undefined;
  const aws = await logIn?.({ engine, names, owner, settings: settings.aws, image: images.base, dryRun });
  const containers = dryRun ? undefined : await preflight(engine, { names, ports, owner });
  if (containers !== undefined) await keepToClone({ stack, root, env: process.env }, containers.length > 0);
  const wanted = swarm === undefined ? images : { ...images, registry: swarm.registryImage };
  // A swarm's networks have addresses of its own.
  const subnetOf = swarm === undefined ? () => subnetFor(engine, { names, owner }) : () => undefined;
  const [subnet] = dryRun ? [] : await Promise.all([subnetOf(), ensureImages(engine, wanted)]);
  const neighbours = Promise.withResolvers<unknown>();
  const mayStop = neighbours.promise.then(
    () => true,
    () => false,
  );
  // A swarm would start a stopped one anew.
  const way = { roles: (swarm === undefined && options.stopEarly) || [], mayStop };
  const handover: Promise<Handover> =
    delivery === undefined
      ? deliverLater(args, options.executable, way).catch(asRunError)
      : makeWay({ ...way, engine, containers: containers ?? [], staged: await delivered(delivery, containers) });
  const executable = handover.then(({ staged }) => staged);
  const before = new Set(containers?.map(({ id }) => id));
  const early = options.executable !== undefined;
  const put = secretFiles({ engine, stack, owner, before: containers ?? [], trusting: options.targeted === true });
  const health = { engine, root, names, executable, before, superseded: options.superseded, early, targeted: options.targeted };
  const waits = () => (swarm === undefined ? partHealth(health) : swarmHealth(health, swarm.failed));
  const healthy = dryRun ? () => Promise.resolve() : waits();
  return {
    context: {
      names,
      ports,
      owner,
      memory: settings.memory,
      swarm,
      subnet,
      healthy,
      operators: () => (dryRun ? toldOperators(engine, names, swarm) : readOperators(engine, names).catch(asRunError)),
      putSecrets: dryRun ? async (file) => secretsMark(file) : (file) => put(file).catch(asRunError),
    },
    settings,
    images,
    madeBy: { version: projectVersion(root), layout },
    executable,
    extras,
    checkDeclared: (resources) =>
      preflightExtras(dryRun || options.targeted === true ? undefined : engine, { names, ports, owner }, resources).catch(asRunError),
    programs: programArgs(settings, configuration),
    neighbours: neighbours.resolve,
    // What fails in there is the executable's failure.
    workerMayStart: handover.then(({ serviceGone }) => serviceGone).catch(() => {}),
    secrets,
    operatorKeys: configuration.operatorKeys && pulumi.secret(JSON.stringify(configuration.operatorKeys)),
    aws,
  };
}

/** In a swarm their public keys are declared: a preview knows them where the stack is there. */
async function toldOperators(engine: Engine, names: StackNames, swarm: SwarmContext | undefined): Promise<OperatorsFile> {
  return swarm === undefined ? noOperators : await readOperators(engine, names).catch(() => noOperators);
}

/** @param containers the stack's own; undefined in a dry run */
function delivered(delivery: Delivery, containers: readonly ContainerSummary[] | undefined): Promise<StagedExecutable> {
  return containers === undefined ? delivery.plan() : delivery.deliver(containers);
}

/** What Pulumi hands to the program, and the files that it names. */
function readOwn(root: string, stack: string, arch: Arch, { executable }: PrepareOptions): Promise<Configuration> {
  const files = executable === undefined ? undefined : besideExecutable;
  return readConfiguration({ root, stack, raw: pulumi.runtime.allConfig(), files, isSecret: isSecretKey, arch: async () => arch });
}

/** A preview also runs where no engine is, such as in a pull request: then this host's architecture is as good as any. */
async function connect(root: string, dryRun: boolean): Promise<Machine> {
  const engine = Engine.connect({ ...process.env, ...engineVariables(pulumi.runtime.allConfig(), root) });
  try {
    return { engine, arch: (await engine.ping()).arch };
  } catch (error) {
    if (!dryRun) throw error;
    return { engine, arch: process.arch === "arm64" ? "arm64" : "amd64" };
  }
}
