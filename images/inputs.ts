import { hash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Arch } from "../docker/types.ts";
import { pins as toolPins } from "../toolchain/pins.ts";
import type { Pins } from "./pins.ts";
import { programInputs } from "./program-inputs.ts";

/** The images that a stack runs on. */
export const stackImageRoles = ["base", "redis", "localstack", "node"] as const;
export type StackImageRole = (typeof stackImageRoles)[number];

/**
 * All images that are made here; `ledger` is for those who run the ledger by itself, `go` for builds in a container, `registry` for swarms.
 */
export const imageRoles = [...stackImageRoles, "ledger", "go", "registry"] as const;
export type ImageRole = (typeof imageRoles)[number];

/** The folder of this repository, ending in a slash. */
export const repository = fileURLToPath(new URL("..", import.meta.url));

/** Programs of the node image: file below /app → entry point in this repository. */
export const programs = { "ledger.mjs": "ledger/main.ts", "key-feeder.mjs": "key-feeder/main.ts", "tunnel.mjs": "tunnel/main.ts" } as const;

/** What goes into each image from its folder in images/. Whatever else is in there stays out of the image and of its name. */
export const recipeFiles: Readonly<Record<ImageRole, readonly string[]>> = {
  base: ["Dockerfile", "nitro-run"],
  redis: ["Dockerfile"],
  localstack: ["Dockerfile", "requirements.txt", "start.py"],
  node: ["Dockerfile"],
  ledger: ["Dockerfile"],
  go: ["Dockerfile"],
  registry: ["Dockerfile", "config.yml"],
};

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
  const folderHash = (role: ImageRole, below: string, pinned: object, more: readonly string[] = []) => {
    const files = recipeFiles[role].map((name) => join("images", role, name));
    return hashed([recipe, below, JSON.stringify(pinned), ...files.flatMap((file) => fileInput(root, file)), ...more]);
  };
  const debian = imageName("debian", hashed([recipe, arch, JSON.stringify(pins.debian), ...fileInput(root, "images/debootstrap.sh")]));
  const base = imageName("base", folderHash("base", debian, {}));
  const nodePin = { version: pins.node.version, ...pins.node[arch] };
  const bundled = programInputs(root, Object.values(programs));
  const node = imageName("node", folderHash("node", base, nodePin, [...bundled.sources, ...bundled.packages].flat()));
  return {
    debian,
    base,
    redis: imageName("redis", folderHash("redis", base, pins.redis)),
    localstack: imageName("localstack", folderHash("localstack", base, pins.localstack)),
    node,
    ledger: imageName("ledger", folderHash("ledger", node, {})),
    go: imageName("go", folderHash("go", base, toolPins.go)),
    registry: imageName("registry", folderHash("registry", base, {})),
  };
}

/** The name of a file, and the SHA-256 of its content. */
function fileInput(root: string, file: string): string[] {
  return [file, hash("sha256", readFileSync(join(root, file)))];
}

/** 16 hex digits: enough, nobody makes collisions of their own images. */
function hashed(parts: readonly string[]): string {
  return hash("sha256", parts.join("\0")).slice(0, 16);
}
