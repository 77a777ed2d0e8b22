import { existsSync, realpathSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { Engine } from "../docker/engine.ts";
import { nitroHome, pulumiHome, toolFolder } from "./home.ts";
import { backendUrl } from "./owner.ts";
import { pins } from "./pins.ts";

/** The folder of `pulumi` and its language host. */
export function pulumiBin(env?: NodeJS.ProcessEnv): string {
  return join(toolFolder(env, "pulumi", pins.pulumi.version), "bin");
}

/**
 * The variables that a pulumi process of ours needs on top of the user's own. A user's backend, passphrase and compile cache win;
 * the rest keeps our Pulumi and theirs apart.
 */
export function pulumiEnvironment(env: NodeJS.ProcessEnv = process.env): Record<string, string> {
  const home = nitroHome(env);
  return {
    NITRO_HOME: home,
    PATH: searchPath(env.PATH ?? "", pulumiBin(env), process.execPath),
    PULUMI_HOME: pulumiHome(env),
    PULUMI_BACKEND_URL: backendUrl(env),
    PULUMI_SKIP_UPDATE_CHECK: "true",
    NODE_COMPILE_CACHE: env.NODE_COMPILE_CACHE || join(home, "compile-cache"),
    ...passphrase(env),
    ...pastProxies(env),
    ...Engine.connect(env).environment(),
  };
}

const loopback = ["localhost", "127.0.0.1", "::1"];

/** Where a proxy is set: pulumi's own calls, which stay on this machine, go past it. As the launcher does for commands. */
function pastProxies(env: NodeJS.ProcessEnv): Record<string, string> {
  const names = ["http_proxy", "https_proxy", "all_proxy", "grpc_proxy"].flatMap((name) => [name, name.toUpperCase()]);
  if (!names.some((name) => (env[name] ?? "") !== "")) return {};
  const given = [env.no_proxy, env.NO_PROXY].flatMap((text = "") => text.split(/[,\s]+/)).filter((entry) => entry !== "");
  const past = [...new Set([...loopback, ...given])].join(",");
  return { no_proxy: past, NO_PROXY: past };
}

/** Where the passphrase of the local backend is kept, mode 0600. */
export function passphraseFile(env?: NodeJS.ProcessEnv): string {
  return join(nitroHome(env), "passphrase");
}

/** An empty passphrase is one too: only an unset variable is replaced. */
function passphrase(env: NodeJS.ProcessEnv): Record<string, string> {
  if (env.PULUMI_CONFIG_PASSPHRASE !== undefined || env.PULUMI_CONFIG_PASSPHRASE_FILE !== undefined) return {};
  return { PULUMI_CONFIG_PASSPHRASE_FILE: passphraseFile(env) };
}

/**
 * Our Pulumi first, then our node where PATH has another one (Pulumi's language host starts the first `node` it finds), then the rest.
 * @param node the node that runs this
 */
export function searchPath(path: string, ourBin: string, node: string): string {
  const folders = path.split(delimiter).filter((folder) => folder !== "" && folder !== ourBin);
  const first = folders.map((folder) => join(folder, "node")).find((file) => existsSync(file));
  const same = first !== undefined && realpathSync(first) === realpathSync(node);
  const ours = same ? [ourBin] : [ourBin, dirname(node)];
  return [...ours, ...folders.filter((folder) => !ours.includes(folder))].join(delimiter);
}
