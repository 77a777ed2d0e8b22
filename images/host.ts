import { readFile } from "node:fs/promises";
import { errorCode } from "../common/errors.ts";
import { isAbsent } from "../common/files.ts";

/** Variables that name a file of certificates, as the programs that honour them call it. */
const bundleVariables = ["SSL_CERT_FILE", "NODE_EXTRA_CA_CERTS", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "PIP_CERT"] as const;

/** Where systems keep their bundle. */
const systemBundles = ["/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem"];

/**
 * The certificates that this host trusts: the system's and those that the environment names, together, since NODE_EXTRA_CA_CERTS may hold nothing
 * but the one of a company's proxy.
 * @returns PEM text; empty where nothing is found
 */
export async function hostCertificates(env: NodeJS.ProcessEnv, systemPaths: readonly string[] = systemBundles): Promise<string> {
  const paths = new Set([...systemPaths, ...bundleVariables.flatMap((name) => env[name] ?? [])]);
  const texts = await Promise.all([...paths].map(readIfThere));
  return [...new Set(texts.flatMap((text) => text ?? []))].join("\n");
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if (isAbsent(error) || ["EACCES", "EISDIR"].includes(errorCode(error) ?? "")) return undefined;
    throw error;
  }
}

/** How a build reaches the world. */
export interface BuildNetwork {
  /** Build arguments that the engine knows by itself: they appear in no image's history. */
  readonly proxies: Record<string, string>;
  /** "host" where a proxy listens on this machine's loopback, which a build cannot see otherwise. */
  readonly network?: string;
}

const proxyVariables = ["HTTP_PROXY", "HTTPS_PROXY", "FTP_PROXY", "NO_PROXY"];

/** The proxies of the environment. Pure. */
export function buildNetwork(env: NodeJS.ProcessEnv): BuildNetwork {
  const names = proxyVariables.flatMap((name) => [name, name.toLowerCase()]);
  const proxies = Object.fromEntries(names.flatMap((name) => (env[name] ? [[name, env[name]]] : [])));
  const local = Object.entries(proxies).some(([name, value]) => !/^no_/i.test(name) && isLoopback(value));
  return local ? { proxies, network: "host" } : { proxies };
}

function isLoopback(proxy: string): boolean {
  const text = proxy.includes("://") ? proxy : `http://${proxy}`;
  return URL.canParse(text) && /^(localhost|127\..*|\[::1\])$/.test(new URL(text).hostname);
}
