import type * as pulumi from "@pulumi/pulumi";
import { innerPorts } from "../model/names.ts";
import type { Certificates } from "./certificates.ts";
import { type PartResource, StackPart } from "./part.ts";
import type { PartContext } from "./part-context.ts";

export interface LocalStackArgs {
  readonly context: PartContext;
  /** Id of an image that starts LocalStack on port 4566 and has curl. */
  readonly image: pulumi.Input<string>;
  /** In the words of LocalStack, such as s3 and sts. */
  readonly services: readonly string[];
  /** With which it speaks https, where the image is one of ours. */
  readonly certificates: Certificates | undefined;
}

const port = innerPorts.localstack;

/**
 * LocalStack with S3, and STS and IAM where the ledger is local. It keeps nothing over a restart: the key-feeder puts everything back.
 * AWS's SDKs put a bucket into the host name, so every bucket is a name on the network.
 *
 * @example new LocalStack("localstack", { context, image, services: ["s3", "sts", "iam"], certificates })
 */
export class LocalStack extends StackPart {
  /** Where it answers on the host. */
  readonly url: string;
  /** The same by https: the same port. */
  readonly httpsUrl: string | undefined;
  readonly ready: Promise<PartResource>;

  constructor(name: string, args: LocalStackArgs, opts?: pulumi.ComponentResourceOptions) {
    super("LocalStack", "localstack", name, args.context, opts);
    const { context, certificates } = args;
    const buckets = Object.values(context.names.buckets);
    this.ready = this.run(
      {
        image: args.image,
        environment: {
          SERVICES: args.services.join(","),
          DISABLE_EVENTS: "1",
          SKIP_SSL_CERT_DOWNLOAD: "1",
          EAGER_SERVICE_LOADING: "1",
          // It looks for files of docker's and podman's; podman's is hidden where the root is read-only.
          OVERRIDE_IN_DOCKER: "1",
        },
        check: { command: ["curl", "-fsS", "-o", "/dev/null", `http://127.0.0.1:${port}/_localstack/health`] },
        publish: { inner: port, port: context.ports.localstack },
        aliases: ["s3.localstack", ...buckets.flatMap((bucket) => [`${bucket}.s3.localstack`, `${bucket}.localstack`])],
        tmpfs: { "/var/lib/localstack": "rw,nosuid,nodev,mode=1777,size=512m" },
        volumes: certificates === undefined ? [] : [certificates.mount],
      },
      [context.network, ...(certificates === undefined ? [] : [certificates.volume])],
    ).ready;
    const address = `127.0.0.1:${context.ports.localstack}`;
    this.url = `http://${address}`;
    this.httpsUrl = certificates && `https://${address}`;
  }
}
