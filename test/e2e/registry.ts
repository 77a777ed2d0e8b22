import { createHash } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { buffer } from "node:stream/consumers";
import { gzipSync } from "node:zlib";
import type { Arch } from "../../docker/types.ts";
import { contextTar } from "../../images/context.ts";

const types = {
  index: "application/vnd.oci.image.index.v1+json",
  manifest: "application/vnd.oci.image.manifest.v1+json",
  config: "application/vnd.oci.image.config.v1+json",
  layer: "application/vnd.oci.image.layer.v1.tar+gzip",
} as const;

interface Stored {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
}

/** A registry on loopback, which engines trust without TLS: the part of the OCI distribution specification that a pull uses. */
export class Registry {
  /** What was asked for, such as "GET /v2/debian/manifests/trixie-slim". */
  readonly calls: string[] = [];
  /** Set: it takes connections and never answers. */
  silent = false;
  private readonly contents = new Map<string, { readonly mediaType: string; readonly bytes: Buffer }>();
  private readonly server: Server = createServer((request, response) => this.answer(request, response));
  private host = "";

  /** @returns its address, host:port */
  async start(): Promise<string> {
    await new Promise<void>((resolve) => this.server.listen(0, "127.0.0.1", resolve));
    const address = this.server.address();
    if (address === null || typeof address === "string") throw new Error("the registry has no port");
    this.host = `127.0.0.1:${address.port}`;
    return this.host;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  /**
   * Holds an image of one file from now on, and lets a tag name it.
   * @returns the digest of its index
   */
  async push(tag: string, arch: Arch, file: { readonly name: string; readonly content: string }): Promise<string> {
    const tar = await buffer(contextTar([{ name: file.name, content: Buffer.from(file.content) }]));
    const layer = this.store(types.layer, gzipSync(tar));
    const rootfs = { type: "layers", diff_ids: [sha256(tar)] };
    const config = this.store(types.config, json({ architecture: arch, os: "linux", config: { Cmd: ["none"] }, rootfs }));
    const manifest = this.store(types.manifest, json({ schemaVersion: 2, mediaType: types.manifest, config, layers: [layer] }));
    const manifests = [{ ...manifest, platform: { architecture: arch, os: "linux" } }];
    const index = this.store(types.index, json({ schemaVersion: 2, mediaType: types.index, manifests }));
    this.contents.set(tag, this.held(index.digest));
    return index.digest;
  }

  /** From now on, one digest is answered with what another one names. */
  swapContent(digest: string, other: string): void {
    this.contents.set(digest, this.held(other));
  }

  forget(digest: string): void {
    this.contents.delete(digest);
  }

  private held(key: string) {
    const found = this.contents.get(key);
    if (found === undefined) throw new Error(`the registry holds no ${key}`);
    return found;
  }

  private store(mediaType: string, bytes: Buffer): Stored {
    const digest = sha256(bytes);
    this.contents.set(digest, { mediaType, bytes });
    return { mediaType, digest, size: bytes.length };
  }

  private answer({ method, url = "" }: IncomingMessage, response: ServerResponse): void {
    this.calls.push(`${method} ${url}`);
    if (this.silent) return;
    if (url === "/v2/") return void response.end("{}");
    const found = this.contents.get(/^\/v2\/debian\/(?:manifests|blobs)\/(.+)$/.exec(url)?.[1] ?? "");
    if (found === undefined) return void response.writeHead(404, { "content-type": "application/json" }).end('{"errors":[]}');
    const { mediaType, bytes } = found;
    response.writeHead(200, { "content-type": mediaType, "content-length": bytes.length, "docker-content-digest": sha256(bytes) });
    response.end(method === "HEAD" ? undefined : bytes);
  }
}

function json(value: object): Buffer {
  return Buffer.from(JSON.stringify(value));
}

function sha256(bytes: Buffer): string {
  return `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
}
