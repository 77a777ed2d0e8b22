import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { errorCode } from "../common/errors.ts";
import { pins as toolPins } from "../toolchain/pins.ts";
import type { Arch, Pins } from "./pins.ts";

/** The images that a stack runs on. */
export const stackImageRoles = ["base", "redis", "localstack", "node"] as const;
export type StackImageRole = (typeof stackImageRoles)[number];

/** All images that are made here; `ledger` is for those who run the ledger by itself, `go` for builds in a container. */
export const imageRoles = [...stackImageRoles, "ledger", "go"] as const;
export type ImageRole = (typeof imageRoles)[number];

/** The folder of this repository, ending in a slash. */
export const repository = fileURLToPath(new URL("..", import.meta.url));

/** Sources that may end up in the node image's bundles. Bundling fails when it needs any other. */
export const bundledSources = ["ledger", "key-feeder", "tunnel", "model/names.ts", "package-lock.json"] as const;

/** The script that makes Debian from its package archive. */
export const debootstrapScript = join(repository, "images/debootstrap.sh");

/** Counts up when an image's content changes by the way it is made here, without a change of its other inputs. */
const recipe = "1";

/** Name of an image of ours. It cannot be on a hub: nothing looks for `localhost/…` there. */
export function imageName(role: ImageRole | "debian", tag: string): string {
  return `localhost/nitro/${role}:${tag}`;
}

export function isOurs(ref: string): boolean {
  return ref.startsWith("localhost/nitro/");
}

/**
 * Names of the images of this checkout, of Debian below them too: each tag is the hash of everything that goes in.
 * @param root the repository; another one in tests
 */
export function ownImages(arch: Arch, pins: Pins, root = repository): Record<ImageRole | "debian", string> {
  const imageHash = (below: string, pinned: object, ...sources: string[]) => {
    const files = sources.flatMap((path) => filesBelow(root, path)).sort();
    return hashed([recipe, below, JSON.stringify(pinned), ...files.flatMap((file) => [file, contentHash(join(root, file))])]);
  };
  const debian = imageName("debian", imageHash(arch, pins.debian, "images/debootstrap.sh"));
  const base = imageName("base", imageHash(debian, {}, "images/base"));
  const nodePin = { version: pins.node.version, ...pins.node[arch] };
  const node = imageName("node", imageHash(base, nodePin, "images/node", ...bundledSources));
  return {
    debian,
    base,
    redis: imageName("redis", imageHash(base, pins.redis, "images/redis")),
    localstack: imageName("localstack", imageHash(base, pins.localstack, "images/localstack")),
    node,
    ledger: imageName("ledger", imageHash(node, {}, "images/ledger")),
    go: imageName("go", imageHash(base, toolPins.go, "images/go")),
  };
}

/** @param path relative to the repository: a file, or a folder whose files are all meant. Empty where it is not there. */
function filesBelow(root: string, path: string): string[] {
  try {
    const entries = readdirSync(join(root, path), { withFileTypes: true });
    return entries.flatMap((entry) => (entry.isDirectory() ? filesBelow(root, join(path, entry.name)) : [join(path, entry.name)]));
  } catch (error) {
    if (errorCode(error) === "ENOTDIR") return [path];
    if (errorCode(error) === "ENOENT") return [];
    throw error;
  }
}

function contentHash(path: string): string {
  return createHash("sha256").update(readFileSync(path)).digest("hex");
}

/** 16 hex digits: enough, nobody makes collisions of their own images. */
function hashed(parts: readonly string[]): string {
  return createHash("sha256").update(parts.join("\0")).digest("hex").slice(0, 16);
}
