import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { UserError } from "../common/errors.ts";
import { ifPresent } from "../common/files.ts";
import { settingsPath } from "./settings-file.ts";

/** Settings of Pulumi's own docker plugin, which it reads by itself: they say which engine a stack is on. */
const settings = { host: "docker:host", certPath: "docker:certPath" } as const;

/**
 * Has everything else, too, talk to the engine that a stack's settings name. Pure.
 * @param config a stack's settings by their full keys
 * @param root the project's folder: where pulumi runs
 * @returns variables as docker's own command reads them; none where the settings name no engine. They come before those of the environment, as
 * they do for the plugin
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
    ...(typeof certPath === "string" ? { DOCKER_CERT_PATH: resolve(root, certPath), DOCKER_TLS_VERIFY: "1" } : {}),
  };
}

/**
 * The same by the stack's settings file.
 * @throws UserError for a setting that is no plain text. A file that is no YAML is left to whoever needs all of it
 */
export async function stackEngineVariables(root: string, stack: string): Promise<Record<string, string>> {
  const text = await ifPresent(readFile(settingsPath(root, stack), "utf8")).catch(() => undefined);
  // Most have none, and reading YAML takes longer than a short command.
  if (text === undefined || !/docker:(host|certPath)/.test(text)) return {};
  const { parseDocument } = await import("yaml");
  const document: unknown = parseDocument(text).toJS();
  const config: unknown = typeof document === "object" && document !== null ? Reflect.get(document, "config") : undefined;
  return typeof config === "object" && config !== null ? engineVariables(config as Record<string, unknown>, root) : {};
}
