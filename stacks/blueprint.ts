import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { executableImageName } from "../executable/layer.ts";
import type { LiveRole } from "../executable/live-override.ts";
import { sourcesHash } from "../executable/sources-hash.ts";
import { binFolder, type StagedExecutable } from "../executable/staging.ts";
import { imageRefs, registryImageRefs } from "../images/build.ts";
import { layout } from "../model/layout.ts";
import { localAccount, portBase, stackNameProblem, stackNames, stackPorts } from "../model/names.ts";
import { parseSettings, type Settings } from "../model/settings.ts";
import type { Configuration } from "./configuration.ts";
import { loadExtras } from "./extras.ts";
import { ofHost, plannedMount, plannedWritable } from "./mounts.ts";
import { noOperators } from "./operators.ts";
import type { PreparedStack, PrepareOptions } from "./prepare.ts";
import { programArgs } from "./program-args.ts";
import { asRunError } from "./run-error.ts";
import { registryPort } from "./swarm.ts";

/** Stand in for what differs between machines and checkouts and says nothing about a change. */
const anyRoot = "/nitro-stacks";
const anyOwner = "0".repeat(16);
const anyArch = "amd64";
const anyIdentity = { account: localAccount, arn: `arn:aws:iam::${localAccount}:root` };

/**
 * What a stack is made from, by its settings and the sources alone: the same on every machine, without a container engine, an executable or a
 * secret. For comparing two versions of a program; nothing can be created from it, since a dry run is all that it is given to.
 * @param root the project's folder
 * @throws RunError with a message for the user
 */
export async function prepareBlueprint(root: string, { configuration }: PrepareOptions): Promise<PreparedStack> {
  return await draw(root, configuration?.settings).catch(asRunError);
}

async function draw(root: string, checked: Settings | undefined): Promise<PreparedStack> {
  if (!pulumi.runtime.isDryRun()) throw new pulumi.RunError("a blueprint holds placeholders: it can be previewed and nothing else");
  const stack = pulumi.getStack();
  const problem = stackNameProblem(stack);
  if (problem !== undefined) throw new pulumi.RunError(problem);
  const settings = checked ?? parseSettings(pulumi.runtime.allConfig(), stack);
  const images = imageRefs(anyArch, settings.images);
  const ports = stackPorts(settings.ports.base ?? portBase(stack));
  return {
    context: {
      names: stackNames(stack, settings.aws.region),
      ports,
      owner: anyOwner,
      memory: settings.memory,
      healthy: () => Promise.resolve(),
      operators: () => Promise.resolve(noOperators),
      putSecrets: () => Promise.resolve(""),
      swarm:
        settings.runtime === "swarm"
          ? {
              ...{
                node: "this-node",
                registry: `registry:${registryPort(ports.service)}`,
                registryImage: registryImageRefs(anyArch).registry,
              },
              publish: async (image) => image,
            }
          : undefined,
    },
    settings,
    images,
    madeBy: { version: "", layout },
    extras: settings.extras === undefined ? undefined : await loadExtras(root, settings.extras),
    programs: programArgs(settings, { mounts: plannedMounts(root, settings) }),
    executable: await plannedExecutable(root, stack, settings, images.base),
    operatorKeys: settings.operators.keys === undefined ? undefined : pulumi.secret("[]"),
    secrets: settings.secrets.file === undefined ? undefined : pulumi.secret("{}"),
    aws: settings.ledger.mode === "aws" ? { settings: settings.aws, identity: anyIdentity, open: async () => {} } : undefined,
  };
}

function plannedMounts(root: string, settings: Settings): Configuration["mounts"] {
  const of = (role: LiveRole) => [
    ...settings[role].files.map((entry) => plannedMount(root, anyRoot, entry)),
    ...ofHost(settings[role].writable).map((entry) => plannedWritable(anyRoot, entry)),
  ];
  return { service: of("service"), worker: of("worker") };
}

async function plannedExecutable(root: string, stack: string, settings: Settings, base: string): Promise<StagedExecutable> {
  const { image } = settings.service;
  if (image !== undefined) return { sha256: "of-the-image", image: { id: image, entrypoint: [image] } };
  const sha256 = await executableId(root, settings);
  if (settings.swap.mode !== "image" && settings.runtime !== "swarm") return { sha256, folder: binFolder(anyRoot, stack) };
  return { sha256, image: { id: executableImageName({ stack, owner: anyOwner, sha256 }, base) } };
}

/** The file's hash where it is there; one that is built changes when what it is built from changes. */
async function executableId(root: string, { service, build }: Settings): Promise<string> {
  if (service.binary !== undefined) {
    const bytes = await readFile(resolve(root, service.binary)).catch(() => undefined);
    return bytes === undefined ? `file-${service.binary}` : createHash("sha256").update(bytes).digest("hex");
  }
  if (build.command === undefined) return `source-${sourcesHash(resolve(root, "sample"), isGoSource)}`;
  const sources = sourcesHash(resolve(root, build.folder), () => true);
  return `source-${createHash("sha256").update([build.command, build.image, sources].join("\0")).digest("hex").slice(0, 16)}`;
}

/** What `go build` reads of the sample. */
function isGoSource(file: string): boolean {
  return /(^|\/)go\.(mod|sum)$/.test(file) || (file.endsWith(".go") && !file.endsWith("_test.go"));
}
