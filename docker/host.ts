import { createHash } from "node:crypto";
import { accessSync, constants, existsSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { errorMessage } from "../common/errors.ts";
import { ifPresentSync } from "../common/files.ts";
import { EngineError } from "./error.ts";

/** How to reach the container engine. */
export interface EngineHost {
  /** What DOCKER_HOST has to be for other programs. */
  readonly host: string;
  readonly address: { socketPath: string } | { hostname: string; port: number } | { ssh: URL };
  readonly tls?: TlsFiles;
}

/** TLS material of a tcp host: `folder` holds ca.pem, cert.pem and key.pem, or some of them. */
export interface TlsFiles {
  readonly folder: string;
  readonly verify: boolean;
}

/**
 * Finds the engine as the docker command does: DOCKER_HOST, DOCKER_CONTEXT, the current context of docker's configuration, default sockets.
 * @param usualSocket the engine's usual place; another one in tests
 * @throws EngineError for a malformed DOCKER_HOST and a context that is not there
 */
export function resolveHost(env: NodeJS.ProcessEnv, usualSocket = "/var/run/docker.sock"): EngineHost {
  const folder = configFolder(env);
  if (env.DOCKER_HOST) {
    const tls = env.DOCKER_TLS_VERIFY ? { folder: env.DOCKER_CERT_PATH || folder, verify: true } : undefined;
    return parseHost(env.DOCKER_HOST, "DOCKER_HOST", tls);
  }
  const context = env.DOCKER_CONTEXT || currentContext(folder);
  if (context !== undefined && context !== "default") return contextHost(folder, context);
  return socketHost(defaultSocket(env, usualSocket));
}

/**
 * @param text unix:///path, tcp://host:port or ssh://user@host
 * @param source where the text came from, for the error
 */
export function parseHost(text: string, source: string, tls?: TlsFiles): EngineHost {
  if (text.startsWith("unix://") && text.length > "unix://".length) return socketHost(text.slice("unix://".length));
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol === "tcp:" && url.hostname !== "") {
    const port = Number(url.port || (tls === undefined ? 2375 : 2376));
    const address = { hostname: url.hostname.replace(/^\[|\]$/g, ""), port };
    return tls === undefined ? { host: text, address } : { host: text, address, tls };
  }
  if (url?.protocol === "ssh:" && url.hostname !== "") return { host: text, address: { ssh: url } };
  throw new EngineError(
    `${source} is "${text}": allowed are unix:///path/to/socket, tcp://host:port and ssh://user@host`,
    undefined,
    "unset DOCKER_HOST, or set it to the engine you mean",
  );
}

function socketHost(socketPath: string): EngineHost {
  return { host: `unix://${socketPath}`, address: { socketPath } };
}

function configFolder(env: NodeJS.ProcessEnv): string {
  return env.DOCKER_CONFIG || join(home(env), ".docker");
}

function home(env: NodeJS.ProcessEnv): string {
  return env.HOME || homedir();
}

/** The first default socket that may be used; else the first that is there (its error then says why not); else docker's usual one. */
function defaultSocket(env: NodeJS.ProcessEnv, usual: string): string {
  const sockets = [usual, join(home(env), ".docker/run/docker.sock")];
  if (env.XDG_RUNTIME_DIR) sockets.push(join(env.XDG_RUNTIME_DIR, "docker.sock"));
  return sockets.find(usable) ?? sockets.find((path) => existsSync(path)) ?? usual;
}

function usable(path: string): boolean {
  try {
    accessSync(path, constants.R_OK | constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

interface DockerConfig {
  currentContext?: unknown;
}

function currentContext(folder: string): string | undefined {
  const config = readJson<DockerConfig>(join(folder, "config.json"));
  return typeof config?.currentContext === "string" && config.currentContext !== "" ? config.currentContext : undefined;
}

interface ContextMeta {
  Endpoints?: { docker?: { Host?: string; SkipTLSVerify?: boolean } };
}

/** Docker keeps a context under the SHA-256 of its name: contexts/meta/<hash>/meta.json and contexts/tls/<hash>/docker/*.pem. */
function contextHost(folder: string, name: string): EngineHost {
  const id = createHash("sha256").update(name).digest("hex");
  const endpoint = readJson<ContextMeta>(join(folder, "contexts/meta", id, "meta.json"))?.Endpoints?.docker;
  if (endpoint?.Host === undefined)
    throw new EngineError(
      `docker context "${name}" has no endpoint in ${folder}`,
      undefined,
      "docker context ls; docker context use default",
    );
  const tlsFolder = join(folder, "contexts/tls", id, "docker");
  const tls = existsSync(tlsFolder) ? { folder: tlsFolder, verify: endpoint.SkipTLSVerify !== true } : undefined;
  return parseHost(endpoint.Host, `docker context "${name}"`, tls);
}

function readJson<T>(path: string): T | undefined {
  try {
    return ifPresentSync(() => JSON.parse(readFileSync(path, "utf8")) as T);
  } catch (error) {
    throw new EngineError(`cannot read ${path}: ${errorMessage(error)}`);
  }
}
