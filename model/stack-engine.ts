import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { UserError } from "../common/errors.ts";
import { ifPresent } from "../common/files.ts";
import { tunnelVariable } from "../docker/remote.ts";
import { settingsPath } from "./settings-file.ts";

/** Settings of Pulumi's own docker plugin, which it reads by itself: they say which engine a stack is on. */
const settings = { host: "docker:host", certPath: "docker:certPath" } as const;

/** What runs the parts. */
const runtime = "nitro:runtime";

/**
 * Has everything else, too, talk to the engine that a stack's settings name. Pure.
 * @param config a stack's settings by their full keys
 * @param root the project's folder: where pulumi runs
 * @returns variables as docker's own command reads them; none where the settings name no engine. They come before those of the environment, as
 * they do for the plugin. Where a swarm runs the parts, also that nothing is published
 */
export function engineVariables(config: Readonly<Record<string, unknown>>, root: string): Record<string, string> {
  const { [settings.host]: host, [settings.certPath]: certPath } = config;
  for (const [key, value] of [
    [settings.host, host],
    [settings.certPath, certPath],
  ] as const) {
    if (value !== undefined && (typeof value !== "string" || value === ""))
      throw new UserError(
        `${key} has to be plain text, and it is not`,
        `pulumi config set ${key} <value> (without --secret; after eval "$(./nitro env)")`,
      );
  }
  return {
    ...(typeof host === "string" ? { DOCKER_HOST: host } : {}),
    ...(config[runtime] === "swarm" ? { [tunnelVariable]: "1" } : {}),
    ...(typeof certPath === "string" ? { DOCKER_CERT_PATH: resolve(root, certPath), DOCKER_TLS_VERIFY: "1" } : {}),
  };
}

/** What a stack's settings say of its engine, as Pulumi's plugin has it. */
export interface NamedEngine {
  readonly host?: string;
  readonly certPath?: string;
}

/** The same by the stack's settings file; nothing where it names no engine. A file that is no YAML is left to whoever needs all of it. */
export async function namedEngine(root: string, stack: string): Promise<NamedEngine> {
  const { [settings.host]: host, [settings.certPath]: certPath } = await engineConfig(root, stack);
  return { ...(typeof host === "string" && { host }), ...(typeof certPath === "string" && { certPath }) };
}

/**
 * Variables by the stack's settings file. See engineVariables.
 * @throws UserError for a setting that is no plain text. A file that is no YAML is left to whoever needs all of it
 */
export async function stackEngineVariables(root: string, stack: string): Promise<Record<string, string>> {
  return engineVariables(await engineConfig(root, stack), root);
}

async function engineConfig(root: string, stack: string): Promise<Record<string, unknown>> {
  const text = await ifPresent(readFile(settingsPath(root, stack), "utf8")).catch(() => undefined);
  // Most have none, and reading YAML takes longer than a short command.
  if (text === undefined || !/docker:(host|certPath)|nitro:runtime/.test(text)) return {};
  const { parseDocument } = await import("yaml");
  const document: unknown = parseDocument(text).toJS();
  const config: unknown = typeof document === "object" && document !== null ? Reflect.get(document, "config") : undefined;
  return typeof config === "object" && config !== null ? (config as Record<string, unknown>) : {};
}
