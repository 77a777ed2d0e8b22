import { createHash, randomBytes } from "node:crypto";
import type { SecretsFile, StackContext } from "../components/context.ts";
import { secretsPath } from "../components/secrets.ts";
import type { ContainerSummary, Engine } from "../docker/engine.ts";
import { labels } from "../model/names.ts";

/** User and group that every container of a stack runs as. */
const reader = 1000;

export interface SecretFilesArgs {
  readonly engine: Pick<Engine, "create" | "unpack" | "archive" | "removeContainer">;
  readonly stack: string;
  readonly owner: string;
  /** The stack's containers from before, running or not. */
  readonly before: readonly ContainerSummary[];
  /** True where the other parts are not looked at: then what their labels say is enough. */
  readonly trusting: boolean;
}

/** @returns how the components of a stack hand secrets to their containers */
export function secretFiles(args: SecretFilesArgs): StackContext["putSecrets"] {
  return async (file) => {
    const mark = secretsMark(file);
    if (!(await isThere(args, file, mark))) await put(args, file);
    return mark;
  };
}

/** Pure. */
export function secretsMark({ volume, folder, content }: SecretsFile): string {
  return createHash("sha256").update([volume, folder, content].join("\0")).digest("hex");
}

/** An update that was cut off may have put another file than the container's label speaks of. */
async function isThere({ engine, before, trusting }: SecretFilesArgs, { role, folder, content }: SecretsFile, mark: string) {
  const container = before.find((each) => each.labels[labels.role] === role && each.labels[labels.secrets] === mark);
  if (container === undefined || trusting) return container !== undefined;
  const { readEntry } = await import("../docker/archive.ts");
  return (await readEntry(engine, container.id, secretsPath(folder)))?.content.toString() === content;
}

/**
 * The engine unpacks it through a container that never runs. Pulumi's own uploads go to the root folder, which is read-only. Of the same
 * image and with the same folder: who mounts an empty volume first lends it the folder's owner and mode.
 */
async function put({ engine, stack, owner }: SecretFilesArgs, { role, image, volume, folder, content }: SecretsFile): Promise<void> {
  const { privateFile } = await import("../docker/archive.ts");
  const id = await engine.create(`nitro-${stack}-secrets-${randomBytes(4).toString("hex")}`, {
    image,
    command: ["none"],
    network: "none",
    labels: { [labels.stack]: stack, [labels.owner]: owner, [labels.role]: `secrets of ${role}` },
    binds: [`${volume}:${folder}`],
  });
  try {
    await engine.unpack(id, folder, privateFile(secretsPath("").slice(1), content, reader));
  } finally {
    await engine.removeContainer(id, { force: true });
  }
}
