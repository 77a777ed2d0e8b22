import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import { innerPorts } from "../model/names.ts";
import { authorityPem, type Certificates, serverPem } from "./certificates.ts";
import { type PartResource, StackPart } from "./part.ts";
import type { PartContext } from "./part-context.ts";
import { secretsPath } from "./secrets.ts";

export interface RedisArgs {
  readonly context: PartContext;
  /** Id of an image with redis-server, redis-cli and sh. */
  readonly image: pulumi.Input<string>;
  /** With it Redis speaks TLS alone, and starts once the certificate is there. */
  readonly tls?: { readonly certificates: Certificates; readonly there: Promise<pulumi.Resource> } | undefined;
}

const port = innerPorts.redis;

/** A configuration of one line, which the command's arguments complete. */
const passwordFile = secretsPath("/data");
const start = (listen: string) => `exec redis-server ${passwordFile} ${listen} --dir /data --appendonly yes --appendfsync always --save ''`;
const ask = (how: string) => `REDISCLI_AUTH="$(cut -d' ' -f2 ${passwordFile})" redis-cli -p ${port} ${how}ping | grep -q PONG`;
const byTls = `--port 0 --tls-port ${port} --tls-cert-file ${serverPem} --tls-key-file ${serverPem} --tls-auth-clients no`;

/**
 * Redis with a password of its own, whose every write is on disk before it is answered.
 *
 * @example new Redis("redis", { context, image })
 */
export class Redis extends StackPart {
  /** Secret. */
  readonly password: pulumi.Output<string>;
  /** Where it answers on the host, with user and password: secret. */
  readonly url: pulumi.Output<string>;
  readonly tls: boolean;
  readonly ready: Promise<PartResource>;

  constructor(name: string, args: RedisArgs, opts?: pulumi.ComponentResourceOptions) {
    super("Redis", "redis", name, args.context, opts);
    const { context, tls } = args;
    this.tls = tls !== undefined;
    this.password = new random.RandomPassword(`${name}-password`, { length: 32, special: false }, { parent: this }).result;
    const data = this.volume("data", context.names.volumes.redis);
    this.ready = this.run(
      {
        image: args.image,
        command: ["sh", "-c", start(tls === undefined ? `--port ${port}` : byTls)],
        check: { command: ["sh", "-c", ask(tls === undefined ? "" : `--tls --cacert ${authorityPem} `)] },
        publish: { inner: port, port: context.ports.redis },
        secrets: { volume: data, folder: "/data", content: pulumi.interpolate`requirepass ${this.password}\n` },
        volumes: [{ volume: context.names.volumes.redis, path: "/data" }, ...(tls === undefined ? [] : [tls.certificates.mount])],
      },
      tls === undefined ? [context.network, data] : Promise.all([context.network, data, tls.certificates.volume, tls.there]),
    ).ready;
    this.url = pulumi.secret(pulumi.interpolate`redis${this.tls ? "s" : ""}://default:${this.password}@127.0.0.1:${context.ports.redis}`);
  }
}
