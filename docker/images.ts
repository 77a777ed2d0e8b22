import type { Readable } from "node:stream";
import { imageDetails, type RawImage, type RawListedImage } from "./answers.ts";
import { EngineError, isNotFound } from "./error.ts";
import { jsonLines } from "./streams.ts";
import type { Call, Transport } from "./transport.ts";
import type { ImageDetails, ImageProgress, ListedImage } from "./types.ts";

export interface BuildOptions {
  /** Name of the image, "repository:tag". */
  readonly tag: string;
  readonly buildArgs?: Record<string, string>;
  readonly labels?: Record<string, string>;
  /** "host" where the build needs the network of the engine's machine. */
  readonly network?: string;
  readonly signal?: AbortSignal;
}

export type OnProgress = (progress: ImageProgress) => void;

/** What Engine offers about images. */
export class Images {
  private readonly transport: Transport;

  constructor(transport: Transport) {
    this.transport = transport;
  }

  /** @returns undefined where the engine has no such image */
  async inspect(ref: string): Promise<ImageDetails | undefined> {
    try {
      return imageDetails(
        await this.transport.json<RawImage>({ method: "GET", path: `/images/${encoded(ref)}/json`, doing: `inspect image ${ref}` }),
      );
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw error;
    }
  }

  /** Asks the registry whether it has an image, without pulling anything. @throws EngineError where it has not, or does not answer */
  async findRemote(ref: string, signal?: AbortSignal): Promise<void> {
    await this.transport.text({ method: "GET", path: `/distribution/${encoded(ref)}/json`, signal, doing: `look up ${ref}` });
  }

  /** @returns the digest under which a registry has an image; undefined where it does not have it, or does not answer */
  async remoteDigest(ref: string): Promise<string | undefined> {
    const call: Call = { method: "GET", path: `/distribution/${encoded(ref)}/json`, doing: `look up ${ref}` };
    try {
      return (await this.transport.json<{ Descriptor: { digest: string } }>(call)).Descriptor.digest;
    } catch (error) {
      if (error instanceof EngineError && error.status !== undefined) return undefined;
      throw error;
    }
  }

  /** Brings an image into the registry that its name begins with, as nobody in particular. @throws EngineError with the registry's words */
  async push(ref: string): Promise<void> {
    const [name, tag] = splitReference(ref);
    const headers = { "X-Registry-Auth": Buffer.from("{}").toString("base64url") };
    await this.follow({ method: "POST", path: `/images/${encoded(name)}/push`, query: { tag }, headers, doing: `push ${ref}` }, undefined);
  }

  async pull(ref: string, onProgress?: OnProgress, signal?: AbortSignal): Promise<void> {
    const [fromImage, tag] = splitReference(ref);
    await this.follow({ method: "POST", path: "/images/create", query: { fromImage, tag }, signal, doing: `pull ${ref}` }, onProgress);
  }

  /** Builds from a tar archive whose root has the Dockerfile. The engine tags the image only once all of it is built. */
  async build(context: Buffer | Readable, options: BuildOptions, onProgress?: OnProgress): Promise<void> {
    const query = {
      t: options.tag,
      rm: true,
      forcerm: true,
      buildargs: JSON.stringify(options.buildArgs ?? {}),
      labels: JSON.stringify(options.labels ?? {}),
      networkmode: options.network,
    };
    const call: Call = { method: "POST", path: "/build", query, tar: context, signal: options.signal, doing: `build ${options.tag}` };
    await this.follow(call, onProgress);
  }

  /** Makes an image of one layer from a tar archive of a root file system. Its name goes whole into `repo`: podman reads no `tag` here. */
  async import(rootfs: Buffer | Readable, ref: string, onProgress?: OnProgress, changes: readonly string[] = []): Promise<void> {
    const query = { fromSrc: "-", repo: ref, changes: changes.join("\n") || undefined };
    await this.follow({ method: "POST", path: "/images/create", query, tar: rootfs, doing: `import ${ref}` }, onProgress);
  }

  async tag(ref: string, newRef: string): Promise<void> {
    const [repo, tag] = splitReference(newRef);
    await this.transport.text({
      method: "POST",
      path: `/images/${encoded(ref)}/tag`,
      query: { repo, tag },
      doing: `tag ${ref} as ${newRef}`,
    });
  }

  async list(labels: Record<string, string>): Promise<ListedImage[]> {
    const query = { filters: labelFilter(labels) };
    const raw = await this.transport.json<RawListedImage[]>({ method: "GET", path: "/images/json", query, doing: "list images" });
    return raw.map(({ Id, RepoTags, Size, Created }) => ({ id: Id, tags: RepoTags ?? [], size: Size, created: Created }));
  }

  /** Nothing happens where the image is gone already. */
  async remove(ref: string, options: { force?: boolean } = {}): Promise<void> {
    try {
      await this.transport.text({
        method: "DELETE",
        path: `/images/${encoded(ref)}`,
        query: { force: options.force },
        doing: `remove image ${ref}`,
      });
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
  }

  /** How each layer was made, newest first. */
  async history(ref: string): Promise<string[]> {
    const raw = await this.transport.json<{ CreatedBy: string }[]>({
      method: "GET",
      path: `/images/${encoded(ref)}/history`,
      doing: `read the history of ${ref}`,
    });
    return raw.map((layer) => layer.CreatedBy);
  }

  /** The engine answers 200 at once: whether it worked is in the stream's last line. */
  private async follow(call: Call, onProgress: OnProgress | undefined): Promise<void> {
    const answer = await this.transport.request(call);
    let last = "";
    for await (const line of jsonLines<RawProgress>(this.transport.body(answer, call))) {
      if (line.error !== undefined) throw new EngineError(`cannot ${call.doing}: ${line.error}${last === "" ? "" : `\n${last}`}`);
      const text = (line.stream ?? line.status ?? "").trimEnd();
      if (text === "") continue;
      if (line.stream !== undefined) last = `${last}\n${text}`.split("\n").slice(-lastLines).join("\n").trim();
      onProgress?.({ id: line.id ?? "", text: line.progress === undefined ? text : `${text} ${line.progress}` });
    }
  }
}

interface RawProgress {
  stream?: string;
  status?: string;
  id?: string;
  progress?: string;
  error?: string;
}

/** Lines of a build that an error quotes. */
const lastLines = 15;

/** A user's text in a path: its slashes count, anything else strange is the engine's to refuse. */
function encoded(ref: string): string {
  return ref.split("/").map(encodeURIComponent).join("/");
}

/** @returns repository and tag, "latest" where the name has none; or repository and digest, which stands above a tag */
function splitReference(ref: string): [string, string] {
  const [name = "", digest] = ref.split("@");
  const colon = name.lastIndexOf(":");
  const [repository, tag] = colon > name.lastIndexOf("/") ? [name.slice(0, colon), name.slice(colon + 1)] : [name, "latest"];
  return [repository, digest ?? tag];
}

/** The engine's filter for things that carry all of these labels; an empty value stands for any. */
export function labelFilter(labels: Record<string, string>, more: Readonly<Record<string, readonly string[] | undefined>> = {}): string {
  const label = Object.entries(labels).map(([key, value]) => (value === "" ? key : `${key}=${value}`));
  return JSON.stringify(label.length === 0 ? more : { label, ...more });
}
