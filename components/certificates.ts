import type * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { authorityFile, certificatesFolder, publicKeysFolder, serverFile } from "../key-feeder/contract.ts";
import { workingDir } from "../model/file-mounts.ts";
import type { StackNames } from "../model/names.ts";
import type { ContainerArgs } from "./container.ts";
import type { PartContext } from "./part-context.ts";
import { stackVolume } from "./volume.ts";

/** The servers' certificate and its key in one PEM file, which is there once the key-feeder runs, and is another one after a renewal. */
export const serverPem = `${certificatesFolder}/${serverFile}`;

/** The certificate of the stack's authority. */
export const authorityPem = `${certificatesFolder}/${authorityFile}`;

/** Has the executable trust the stack's authority beside those of its image, where it is one of Go; others find the file. */
export const trustedFolders = { SSL_CERT_DIR: `/etc/ssl/certs:${workingDir}/${publicKeysFolder}` };

/**
 * Hands the certificate that the key-feeder makes to the stack's servers.
 *
 * @example new Certificates("certificates", { context })
 */
export class Certificates extends pulumi.ComponentResource {
  readonly volume: docker.Volume;
  /** How a server mounts it. */
  readonly mount: NonNullable<ContainerArgs["volumes"]>[number];

  constructor(name: string, { context }: { readonly context: PartContext }, opts?: pulumi.ComponentResourceOptions) {
    super("nitro:component:Certificates", name, {}, opts);
    const volume = context.names.volumes.certificates;
    this.volume = stackVolume(`${name}-volume`, context, "key-feeder", volume, { parent: this });
    this.mount = { volume, path: certificatesFolder, readOnly: true };
    this.registerOutputs({});
  }
}

/**
 * What a stack's servers are asked by: on this machine, on the network, and by buckets' names as AWS's SDKs put them before a host. OpenSSL knows no
 * star before a name without a dot, so the stack's own buckets are there by name. Pure.
 */
export function certifiedHosts({ buckets, containers }: Pick<StackNames, "buckets" | "containers">): string[] {
  const servers = ["redis", "localstack", "ledger"] as const;
  const s3 = ["localhost", "localstack"].flatMap((host) => [
    `s3.${host}`,
    `*.s3.${host}`,
    ...Object.values(buckets).map((bucket) => `${bucket}.${host}`),
  ]);
  return ["localhost", "127.0.0.1", "::1", ...servers, ...servers.map((role) => containers[role]), ...s3];
}
