import { createHash, createPrivateKey } from "node:crypto";
import * as pulumi from "@pulumi/pulumi";
import { UserError } from "../common/errors.ts";
import type { ProgramArgs } from "../components/executable.ts";
import type { LiveRole } from "../executable/live-override.ts";
import { rawPublicKey } from "../key-feeder/payouts/signer.ts";
import { parseFileMount } from "../model/file-mounts.ts";
import type { Settings } from "../model/settings.ts";
import type { Configuration } from "./configuration.ts";

/**
 * How the settings have service and worker run the executable. Pulumi tells only of whole keys whether something in them is encrypted: where it is,
 * every variable and argument of the role is a secret.
 * @param configuration what of their files was read
 */
export function programArgs(
  { service, worker }: Pick<Settings, LiveRole>,
  { mounts, operatorKeys }: Pick<Configuration, "mounts"> & Partial<Pick<Configuration, "operatorKeys">>,
  isSecret = isSecretKey,
): Record<LiveRole, ProgramArgs> {
  const operators = operatorKeys && publicMark(operatorKeys);
  const of = (role: LiveRole, { env, args, writable, ulimits }: Settings["worker"]): ProgramArgs => {
    const value = (text: string) => (isSecret(`nitro:${role}`) ? pulumi.secret(text) : text);
    return {
      env: Object.fromEntries(Object.entries(env).map(([name, text]) => [name, value(text)])),
      args: args?.map(value),
      files: mounts[role],
      scratch: writable.map(parseFileMount).flatMap(({ source, target }) => (source === "" ? [target] : [])),
      ulimits,
      operators,
    };
  };
  return { service: of("service", service), worker: of("worker", worker) };
}

function publicMark(privateKeys: readonly string[]): string {
  const hash = createHash("sha256");
  for (const key of privateKeys) hash.update(rawPublicKey(createPrivateKey(key)));
  return hash.digest("hex");
}

/** @throws UserError for files that an engine elsewhere does not see */
export function mountable(stack: string, mounts: Configuration["mounts"], host: string): void {
  const [role] = (["service", "worker"] as const).filter((each) => mounts[each].length > 0);
  if (role === undefined) return;
  const readOnly = mounts[role].some(({ writable }) => writable !== true);
  const setting = readOnly ? "files" : "writable";
  const instead = readOnly ? "put them into an image: nitro:service.image" : "name a folder in memory";
  throw new UserError(
    `nitro:${role}.${setting} names files of this machine, and the container engine is another one's (${host}): it cannot mount them; ` +
      `${instead}, or remove the setting: pulumi config rm --stack ${stack} --path nitro:${role}.${setting}`,
  );
}

/** Pulumi's own Config asks the same (sdk/nodejs/config.ts); its types leave it out. */
export function isSecretKey(key: string): boolean {
  const { isConfigSecret } = pulumi.runtime as unknown as { isConfigSecret(key: string): boolean };
  return isConfigSecret(key);
}
